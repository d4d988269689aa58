import type { Check, Probes } from "../../runtime/health.ts";

const none: Check = () => undefined;

interface AtWork {
  /** What keeps the caches from being filled, and later from being fresh. */
  readonly trouble: Check;
  /** What only a restart helps against. */
  readonly stuck: Check;
}

/** How far the operator is, for `/readyz` and `/healthz`. One that waits for its Lease is ready: it would take over. */
export class OperatorProbes implements Probes {
  #state: "starting" | "waiting for the Lease" | "filling caches" | "ready" = "starting";
  #atWork: AtWork = { trouble: none, stuck: none };

  waits(): void {
    this.#state = "waiting for the Lease";
    this.#atWork = { trouble: none, stuck: none };
  }

  fills(): void {
    this.#state = "filling caches";
  }

  works(atWork: AtWork): void {
    this.#atWork = atWork;
  }

  isReady(): void {
    this.#state = "ready";
  }

  readonly live: Check = () => this.#atWork.stuck();

  readonly ready: Check = () => {
    if (this.#state === "waiting for the Lease") return undefined;
    const because = this.#atWork.trouble();
    if (this.#state === "ready") return because;
    return because === undefined ? this.#state : `${this.#state}: ${because}`;
  };
}
