import { randomBytes } from "node:crypto";
import { abortable } from "../../base/time/abortable.ts";
import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { OldestOut } from "../../base/work/oldest-out.ts";
import { oneLine } from "../../base/text.ts";
import { ApiError, isApiError, type ApiClient } from "../api.ts";
import { keyOf } from "../object.ts";
import { backoffMs } from "../backoff.ts";
import { isTrouble } from "../error-class.ts";
import { eventBody, eventName, eventNamespace, EVENTS, type EventInput, type Reporter } from "./event.ts";
import { EventSeries, seriesBody, type Series } from "./series.ts";
import type { RuntimeMetrics } from "../metrics.ts";

/** Takes events and returns at once; they are written later, or dropped. */
export interface EventSink {
  emit(event: EventInput): void;
}

export interface EventRecorderDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<RuntimeMetrics, "eventsDropped">;
  readonly reporter: Reporter;
  /** Events that may wait; beyond that the oldest is dropped. Default 1000. */
  readonly capacity?: number;
  /** How long counts are gathered before they are written; default 5 s. */
  readonly seriesMs?: number;
  /** How long stopping may take for what still waits; default 2 s. */
  readonly flushMs?: number;
}

interface Waiting {
  readonly event: EventInput;
  readonly atMs: number;
}

const ATTEMPTS = 4;
const REFUSED_MAX = 1_000;
const REFUSED_MS = 3_600_000;

/** Writes events.k8s.io/v1 Events, one request at a time; what repeats within ten minutes is counted on the first one. */
export class EventRecorder implements EventSink {
  readonly #deps: EventRecorderDeps;
  readonly #capacity: number;
  readonly #series: EventSeries;
  readonly #waiting: Waiting[] = [];
  /** Namespace and status of refusals → when that was logged, within the last hour. */
  readonly #refused = new OldestOut<string, number>(REFUSED_MAX);
  #wake = Promise.withResolvers<void>();

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
    this.#capacity = deps.capacity ?? 1_000;
    this.#series = new EventSeries({ debounceMs: deps.seriesMs ?? 5_000 });
  }

  emit(event: EventInput): void {
    this.#say(event);
    if (this.#waiting.length >= this.#capacity) {
      this.#waiting.shift();
      this.#deps.metrics.eventsDropped.inc();
    }
    this.#waiting.push({ event, atMs: this.#deps.clock.now() });
    this.#wake.resolve();
  }

  /** In the log it stands at once, and also when it cannot be written. */
  #say({ regarding, type, reason, note }: EventInput): void {
    const { log } = this.#deps;
    const facts = { object: `${regarding.kind} ${keyOf(regarding)}`, reason };
    if (type === "Warning") log.warn(oneLine(note), facts);
    else log.info(oneLine(note), facts);
  }

  /** Writes until the signal aborts, then what still waits, within a bound. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, flushMs = 2_000 } = this.#deps;
    while (!signal.aborted) {
      await this.#write(this.#deps.clock.now(), signal).catch(() => undefined);
      await this.#idle(signal).catch(() => undefined);
    }
    const bound = { clock, ms: flushMs, reason: new Error("stopped") };
    await withDeadline(bound, (flush) => this.#write(Number.POSITIVE_INFINITY, flush), new AbortController().signal).catch(() => undefined);
    if (this.#waiting.length > 0) log.warn("events were not written before shutdown", { events: this.#waiting.length });
  }

  /** Everything that waits, then the counts that are due at `nowMs`. Rejects only with the signal's reason; what it was at is kept. */
  async #write(nowMs: number, signal: AbortSignal): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      await this.#record(next, signal);
      if (this.#waiting[0] === next) this.#waiting.shift();
    }
    for (const series of this.#series.due(nowMs)) await this.#count(series, signal);
  }

  async #record({ event, atMs }: Waiting, signal: AbortSignal): Promise<void> {
    if (this.#series.repeats(event, atMs)) return;
    const { api, reporter } = this.#deps;
    const namespace = eventNamespace(event.regarding);
    const name = eventName(event.regarding, randomBytes(8).toString("hex"));
    const body = eventBody(event, reporter, { namespace, name, atMs });
    const written = await this.#send(namespace, () => api.create({ resource: EVENTS, namespace }, body, signal), signal);
    if (written !== undefined) this.#series.begin(event, { namespace, name, atMs });
  }

  async #count(series: Series, signal: AbortSignal): Promise<void> {
    const { api } = this.#deps;
    const ref = { resource: EVENTS, namespace: series.namespace, name: series.name };
    const body = seriesBody(series);
    const written = await this.#send(series.namespace, () => api.patch(ref, { type: "merge", body }, signal), signal);
    // Expired meanwhile, most likely: the next one is written as a new Event.
    if (written === undefined) this.#series.forget(series);
    else this.#series.counted(series);
  }

  /** True when written (also by an earlier attempt), undefined when dropped. */
  async #send(namespace: string, request: () => Promise<unknown>, signal: AbortSignal): Promise<true | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await abortable(request(), signal);
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (isApiError(error, 409)) return true;
        if (attempt === ATTEMPTS || !isTrouble(error)) return this.#drop(namespace, error);
        await this.#deps.clock.sleep(waitMs(error, attempt), signal);
      }
    }
  }

  /** A namespace that is terminating or gone, a missing right: said once an hour, or a flood of events would become a flood of lines. */
  #drop(namespace: string, error: unknown): undefined {
    const { log, metrics } = this.#deps;
    metrics.eventsDropped.inc();
    const facts = { namespace, error: oneLine(messageOf(error)) };
    const kind = `${namespace} ${error instanceof ApiError ? error.status : "?"}`;
    const nowMs = this.#deps.clock.now();
    for (const [said, atMs] of this.#refused.entries()) if (nowMs - atMs >= REFUSED_MS) this.#refused.delete(said);
    if (this.#refused.has(kind)) log.debug("event dropped", facts);
    else {
      log.warn("event dropped; further ones of this namespace and kind of error are dropped silently for an hour", facts);
      this.#refused.set(kind, nowMs);
    }
  }

  /** Until something is emitted or a count falls due. */
  async #idle(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length > 0) return;
    this.#wake = Promise.withResolvers<void>();
    const dueMs = this.#series.nextDueMs;
    if (dueMs === undefined) return abortable(this.#wake.promise, signal);
    const { clock } = this.#deps;
    const due = { clock, ms: Math.max(0, dueMs - clock.now()), reason: new Error("due") };
    await withDeadline(due, () => this.#wake.promise, signal);
  }
}

const waitMs = (error: unknown, attempt: number): number => {
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.min(10_000, Math.max(askedMs, backoffMs(attempt, { baseMs: 500, maxMs: 5_000 })));
};
