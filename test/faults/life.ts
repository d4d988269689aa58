import { systemClock, type Clock } from "../../src/base/time/clock.ts";
import { run } from "../../src/base/process/process.ts";
import { signalGroup } from "../../src/base/process/process-group.ts";

/** How a point was met: its name, with how often it has been met so far, as `before PATCH armadacharts/blog #2`. */
export type PointListener = (point: string) => void;

/** What a process that is gone gets of everything it waits for. A new one each time, so that nothing is kept alive by it. */
const nothing = (): Promise<never> => new Promise<never>(() => undefined);

/**
 * The life of one operator in this process: everything it asks of the world goes through it. Each call is two points, before it is sent and
 * after its answer; when the life has ended nothing is sent any more and nothing is answered.
 */
export class Life {
  readonly #over = new AbortController();
  readonly #children = new Map<number, Promise<unknown>>();
  readonly #onPoint: PointListener;
  #calls = 0;
  #lastCallMs = systemClock.monotonic();

  constructor(onPoint: PointListener) {
    this.#onPoint = onPoint;
  }

  /** Kills it, as SIGKILL and its parent-death signal do. Resolves when no child is left. */
  async end(): Promise<void> {
    this.#over.abort(new Error("killed"));
    for (const pid of this.#children.keys()) signalGroup(pid, "SIGKILL");
    await Promise.all(this.#children.values());
  }

  /** For how long it has asked nothing of anybody. */
  quietMs(): number {
    return this.#calls > 0 ? 0 : systemClock.monotonic() - this.#lastCallMs;
  }

  /** Goes on only while it lives. */
  async living(): Promise<void> {
    if (this.#over.signal.aborted) await nothing();
  }

  async pass(name: string): Promise<void> {
    if (!this.#over.signal.aborted) this.#onPoint(name);
    await this.living();
  }

  async call<T>(name: string, send: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    await this.pass(`before ${name}`);
    try {
      return await send();
    } finally {
      await this.pass(`after ${name}`);
      this.#calls -= 1;
      this.#lastCallMs = systemClock.monotonic();
    }
  }

  readonly clock: Clock = {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic(),
    sleep: async (ms, signal) => {
      try {
        await systemClock.sleep(ms, AbortSignal.any([signal, this.#over.signal]));
      } finally {
        await this.living();
      }
    },
  };

  /** `run` of `base/process/process.ts`. A child's start is a point of its own. */
  readonly run: typeof run = (command, args, options, signal) => {
    const name = `helm ${args.slice(0, 2).join(" ")}`;
    return this.call(name, async () => {
      const exited = Promise.withResolvers<void>();
      let started: number | undefined;
      const onSpawn = (pid: number): void => {
        started = pid;
        this.#children.set(pid, exited.promise);
        options.onSpawn?.(pid);
        this.#onPoint(`started ${name}`);
      };
      try {
        return await run(command, args, { ...options, onSpawn }, signal);
      } finally {
        exited.resolve();
        if (started !== undefined) this.#children.delete(started);
      }
    });
  };
}
