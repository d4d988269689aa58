import type { Check } from "../../runtime/health.ts";

const none: Check = () => undefined;

/** How far the operator is, as `/readyz` tells it. One that waits for its Lease is ready: it would take over. */
export class Readiness {
  #state: "starting" | "waiting for the Lease" | "filling caches" | "ready" = "starting";
  #trouble: Check = none;

  waits(): void {
    this.#state = "waiting for the Lease";
    this.#trouble = none;
  }

  fills(): void {
    this.#state = "filling caches";
  }

  /** What keeps the caches from being filled, and later from being fresh. */
  watches(trouble: Check): void {
    this.#trouble = trouble;
  }

  isReady(): void {
    this.#state = "ready";
  }

  readonly check: Check = () => {
    if (this.#state === "waiting for the Lease") return undefined;
    const because = this.#trouble();
    if (this.#state === "ready") return because;
    return because === undefined ? this.#state : `${this.#state}: ${because}`;
  };
}
