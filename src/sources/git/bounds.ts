import { Semaphore } from "../../base/work/semaphore.ts";

/** Commands that run at once: with one server, and with all of them. */
export interface RemoteBounds {
  readonly server: number;
  readonly all: number;
}

/** Commands wait for others of their own server first, so that a silent server keeps its own waiting and not everybody's. */
export class ServerSemaphores {
  readonly #ofServer: number;
  readonly #all: Semaphore;
  readonly #servers = new Map<string, { readonly semaphore: Semaphore; users: number }>();

  constructor({ server, all }: RemoteBounds) {
    this.#ofServer = server;
    this.#all = new Semaphore(all);
  }

  /** Aborts as {@link Semaphore.run}. */
  async run<T>(server: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const its = this.#servers.get(server) ?? { semaphore: new Semaphore(this.#ofServer), users: 0 };
    this.#servers.set(server, its);
    its.users++;
    try {
      return await its.semaphore.run(() => this.#all.run(task, signal), signal);
    } finally {
      its.users--;
      if (its.users === 0) this.#servers.delete(server);
    }
  }
}

/** What a command may receive whatever the others do: names of references, a small repository. */
export const FREE_BYTES = 262_144;

/** Bytes that have come and are being worked on, beyond {@link FREE_BYTES} of each command: there may be more commands than there is disk for large ones. */
export class BytesInFlight {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when it is too much. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
