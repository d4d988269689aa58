import type { Clock } from "../../base/time/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { oneLine } from "../../base/text.ts";
import { ApiError } from "../api.ts";
import { backoffMs } from "../backoff.ts";
import type { RuntimeMetrics } from "../metrics.ts";
import { Workqueue } from "../queue/workqueue.ts";

/** What a pass asks for: to be called again after `afterMs` although nothing changes. */
export interface Requeue {
  readonly afterMs?: number;
  /** Because the API server knew something newer. */
  readonly conflict?: true;
}

export interface ControllerDeps {
  /** The kind: a label of logs and metrics. */
  readonly name: string;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /** One pass over a key. Throwing means: back off and try again. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Requeue>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<RuntimeMetrics, "reconciles" | "reconcileDuration" | "observeQueue">;
  /** In [0, 1), for the back-off; default `Math.random`. */
  readonly random?: () => number;
}

interface UnderWay {
  readonly abort: AbortController;
  readonly startedAt: number;
}

type Result = "success" | "requeue" | "error" | "conflict" | "interrupted" | "stopped";

const MAX_BACKOFF_MS = 60_000;

/** Workers that take keys from a queue and call `reconcile`: never twice at once for one key. */
export class Controller {
  readonly name: string;
  readonly #deps: ControllerDeps;
  readonly #queue: Workqueue;
  /** By key, the oldest first. */
  readonly #passes = new Map<string, UnderWay>();
  /** Failures in a row, by key. */
  readonly #failures = new Map<string, number>();
  #lastEndAt = -Infinity;

  constructor(deps: ControllerDeps) {
    this.name = deps.name;
    this.#deps = { ...deps, log: deps.log.with({ controller: deps.name }) };
    this.#queue = new Workqueue({ clock: deps.clock, takers: deps.workers });
    deps.metrics.observeQueue(deps.name, () => this.#queue.length);
  }

  enqueue(key: string): void {
    this.#queue.add(key);
  }

  /** Aborts the pass under way over `key` with `reason`, and only that; it is begun anew when it gives up. */
  interrupt(key: string, reason: Error): void {
    this.#passes.get(key)?.abort.abort(reason);
  }

  /** For how long none of the passes under way has ended; 0 when there is none. */
  silentMs(): number {
    const [oldest] = this.#passes.values();
    return oldest === undefined ? 0 : this.#deps.clock.monotonic() - Math.max(oldest.startedAt, this.#lastEndAt);
  }

  /** Works until the signal aborts; the passes under way are aborted with its reason and waited for. Never rejects for a pass. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.#deps.workers }, () => this.#work(signal)));
    this.#queue.shutdown();
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let key: string;
      try {
        key = await this.#queue.get(signal);
      } catch {
        return;
      }
      await this.#pass(key, signal);
      this.#queue.done(key);
    }
  }

  async #pass(key: string, signal: AbortSignal): Promise<void> {
    const { name, clock, metrics } = this.#deps;
    const startedAt = clock.monotonic();
    const pass = new AbortController();
    const stop = (): void => pass.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    this.#passes.set(key, { abort: pass, startedAt });
    const result = await this.#reconcile(key, pass.signal, signal);
    this.#passes.delete(key);
    this.#lastEndAt = clock.monotonic();
    signal.removeEventListener("abort", stop);
    metrics.reconcileDuration.observe({ kind: name }, (this.#lastEndAt - startedAt) / 1_000);
    if (result !== "stopped") metrics.reconciles.inc({ kind: name, result });
  }

  async #reconcile(key: string, pass: AbortSignal, signal: AbortSignal): Promise<Result> {
    try {
      const { afterMs, conflict } = await this.#deps.reconcile(key, pass);
      this.#failures.delete(key);
      if (afterMs === undefined) return "success";
      this.#queue.addAfter(key, afterMs);
      return conflict === true ? "conflict" : "requeue";
    } catch (error) {
      if (signal.aborted) return "stopped";
      return pass.aborted ? this.#interrupted(key, pass) : this.#failed(key, error);
    }
  }

  /** What a pass throws after its signal aborted is a consequence of that, not a failure. */
  #interrupted(key: string, pass: AbortSignal): Result {
    this.#deps.log.debug("pass interrupted", { key, reason: oneLine(messageOf(pass.reason)) });
    this.#queue.add(key);
    return "interrupted";
  }

  #failed(key: string, error: unknown): Result {
    const { log, random } = this.#deps;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    const retryInMs = Math.max(askedMs, Math.round(backoffMs(failures, { maxMs: MAX_BACKOFF_MS, ...(random === undefined ? {} : { random }) })));
    log.error("pass failed", { key, error: oneLine(messageOf(error)), failures, retryInMs });
    this.#queue.addAfter(key, retryInMs);
    return "error";
  }
}
