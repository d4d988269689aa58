import { microTime } from "../../base/time/clock.ts";
import type { EventInput } from "./event.ts";

/** An Event that was written, and how often it has happened since. */
export interface Series {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** The first one counts. */
  readonly count: number;
  /** Wall clock of the latest. */
  readonly lastMs: number;
  /** When the count is to be written; undefined when nothing is new. */
  readonly dueMs?: number | undefined;
}

/** What repeats longer than this after its latest is news again. */
const WINDOW_MS = 600_000;
const MAX_SERIES = 2_000;

/** Which events repeat an earlier one: the same object, type, reason and note within ten minutes. */
export class EventSeries {
  readonly #debounceMs: number;
  /** By key, the one that was silent longest first. */
  readonly #series = new Map<string, Series>();

  constructor({ debounceMs }: { readonly debounceMs: number }) {
    this.#debounceMs = debounceMs;
  }

  /** When the next count is to be written. */
  get nextDueMs(): number | undefined {
    return [...this.#series.values()].reduce<number | undefined>(
      (first, { dueMs = Infinity }) => (dueMs < (first ?? Infinity) ? dueMs : first),
      undefined,
    );
  }

  /** Counts the event when it repeats one; false when it is new. */
  repeats(event: EventInput, atMs: number): boolean {
    const key = keyOfEvent(event);
    const series = this.#series.get(key);
    if (series === undefined || atMs - series.lastMs >= WINDOW_MS) return false;
    this.#put({ ...series, count: series.count + 1, lastMs: atMs, dueMs: series.dueMs ?? atMs + this.#debounceMs });
    return true;
  }

  /** The event was written under this name. */
  begin(event: EventInput, { namespace, name, atMs }: { readonly namespace: string; readonly name: string; readonly atMs: number }): void {
    this.#put({ key: keyOfEvent(event), namespace, name, count: 1, lastMs: atMs });
    for (const { key, lastMs } of this.#series.values()) {
      if (this.#series.size <= MAX_SERIES && atMs - lastMs < WINDOW_MS) break;
      this.#series.delete(key);
    }
  }

  due(nowMs: number): readonly Series[] {
    return [...this.#series.values()].filter(({ dueMs }) => dueMs !== undefined && dueMs <= nowMs);
  }

  /** The count of `written` is on the API server. */
  counted(written: Series): void {
    const series = this.#series.get(written.key);
    if (series?.count === written.count) this.#series.set(written.key, { ...series, dueMs: undefined });
  }

  forget({ key }: Series): void {
    this.#series.delete(key);
  }

  #put(series: Series): void {
    this.#series.delete(series.key);
    this.#series.set(series.key, series);
  }
}

const keyOfEvent = ({ regarding, type, reason, note }: EventInput): string => JSON.stringify([regarding.metadata.uid, type, reason, note]);

/** Merge patch of the Event. */
export const seriesBody = ({ count, lastMs }: Series): unknown => ({ series: { count, lastObservedTime: microTime(lastMs) } });
