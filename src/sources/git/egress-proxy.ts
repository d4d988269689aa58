import type { Socket } from "node:net";
import type { Clock } from "../../base/time/clock.ts";
import { DialError, type Destination, dial, type DialOptions, shown } from "../net/dial.ts";
import { type BytesInFlight, FREE_BYTES } from "./bounds.ts";
import { type Fault, noRoom, notAllowed, type SourceError, timedOut, tooLarge, unauthorized, unreachable } from "../errors.ts";

export interface EgressProxyOptions {
  /** The one place that may be reached. */
  readonly destination: Destination;
  readonly proxy?: URL | undefined;
  /** Received from there, all connections together. */
  readonly maxBytes: number;
  /** What all egress proxies together may receive at the same time. */
  readonly inFlight: BytesInFlight;
  readonly allowLocalAddresses: boolean;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
}

/** The way of one git command to its server. It listens on loopback. */
export interface EgressProxy {
  readonly port: number;
  /** What went wrong first, as far as it can be told here; the message goes after the field that a message begins with. */
  readonly refusal: SourceError | undefined;
  readonly receivedBytes: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** What the connections of one egress proxy share: the limit, the first refusal, the end. */
export class Traffic {
  readonly destination: Destination;
  readonly dialOptions: DialOptions;
  readonly #maxBytes: number;
  readonly #inFlight: BytesInFlight;
  readonly #sockets = new Set<Socket>();
  readonly #closed = new AbortController();
  receivedBytes = 0;
  /** Of {@link BytesInFlight}. */
  #takenBytes = 0;
  refusal: SourceError | undefined;

  constructor(options: EgressProxyOptions) {
    this.destination = options.destination;
    this.#maxBytes = options.maxBytes;
    this.#inFlight = options.inFlight;
    const { proxy, allowLocalAddresses, clock } = options;
    this.dialOptions = { proxy, allowLocalAddresses, clock, timeoutMs: options.connectTimeoutMs };
  }

  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  refuse(refusal: SourceError): void {
    this.refusal ??= refusal;
  }

  /** Notes why there is no connection. */
  failed(error: unknown): void {
    if (!(error instanceof DialError)) return;
    this.refuse(FAULTS[error.why](error.message));
  }

  /** To be closed with the egress proxy. */
  keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
    if (this.signal.aborted) socket.destroy();
  }

  /** Counts what was received, and ends all connections when it is too much. */
  count(bytes: number): void {
    if (this.signal.aborted) return;
    this.receivedBytes += bytes;
    const excess = this.receivedBytes > this.#maxBytes ? tooMuch(this.#maxBytes) : this.#takes() ? undefined : tooMuchAtOnce();
    if (excess === undefined) return;
    this.refuse(excess);
    this.close();
  }

  #takes(): boolean {
    const bytes = this.receivedBytes - FREE_BYTES - this.#takenBytes;
    if (bytes <= 0) return true;
    if (!this.#inFlight.take(bytes)) return false;
    this.#takenBytes += bytes;
    return true;
  }

  /** Joins a connection of git with a new one to the destination; `accepted` runs when that stands. */
  async join(near: Socket, accepted: () => void): Promise<void> {
    this.keep(near);
    const far = await dial(this.destination, this.dialOptions, this.signal);
    this.keep(far);
    far.on("data", (chunk: Uint8Array) => this.count(chunk.byteLength));
    far.once("close", () => near.destroySoon());
    near.once("close", () => far.destroy());
    accepted();
    far.pipe(near);
    near.pipe(far);
  }

  close(): void {
    this.#closed.abort(new DialError(`${shown(this.destination)} is no longer wanted`, "failed"));
    for (const socket of this.#sockets) socket.destroy();
    this.#inFlight.giveBack(this.#takenBytes);
    this.#takenBytes = 0;
  }
}

const tooMuch = (maxBytes: number): SourceError =>
  tooLarge(`the server sends more than ${Math.round(maxBytes / 2 ** 20)} MiB: use a smaller repository, or raise --max-chart-size`);

const tooMuchAtOnce = (): SourceError =>
  noRoom("too much is being fetched from git servers at the same time: it will be fetched again when others are done");

const FAULTS: Readonly<Record<DialError["why"], Fault>> = {
  local: notAllowed,
  login: unauthorized,
  proxy: unreachable,
  timeout: timedOut,
  failed: unreachable,
};
