import type { Clock } from "../../base/clock.ts";
import type { ChartSource, SourceSpec } from "../../sources/source.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { failureOf } from "../journal.ts";
import { REQUESTED_AT } from "../names.ts";
import { intervalMs, sourceRetryMs } from "./context.ts";
import { sourceOf } from "./desired.ts";
import type { SourceView } from "./observed.ts";

/** What a source gets from Secrets. Rejects with `SourceError`. */
export type SourceSecrets = (chart: ArmadaChart, signal: AbortSignal) => Promise<Pick<SourceSpec, "credentials" | "verify">>;

interface Read {
  /** What asks for a new read when it changes: generation and request. */
  readonly occasion: string;
  readonly atMs: number;
  readonly view: SourceView;
}

/**
 * Reads charts when there is an occasion: a new generation, a request, or the interval. A failure is believed for half the time after which it
 * is looked at again, so that passes for other reasons do not read a broken source each time.
 */
export class ChartReader {
  readonly #source: ChartSource;
  readonly #clock: Clock;
  readonly #secrets: SourceSecrets;
  readonly #reads = new Map<string, Read>();

  constructor(deps: { readonly source: ChartSource; readonly clock: Clock; readonly secrets: SourceSecrets }) {
    this.#secrets = deps.secrets;
    this.#source = deps.source;
    this.#clock = deps.clock;
  }

  async read(chart: ArmadaChart, signal: AbortSignal): Promise<SourceView> {
    const { uid, generation, annotations } = chart.metadata;
    const occasion = `${String(generation)} ${annotations?.[REQUESTED_AT] ?? ""}`;
    const last = this.#reads.get(uid);
    const believedMs = last?.view.state === "failed" ? sourceRetryMs(chart) / 2 : intervalMs(chart);
    if (last !== undefined && last.occasion === occasion && this.#clock.monotonic() - last.atMs < believedMs) return last.view;
    const view = await this.#fetch(chart, signal);
    this.#reads.set(uid, { occasion, atMs: this.#clock.monotonic(), view });
    return view;
  }

  forget(uid: string): void {
    this.#reads.delete(uid);
  }

  async #fetch(chart: ArmadaChart, signal: AbortSignal): Promise<SourceView> {
    try {
      const secrets = await this.#secrets(chart, signal);
      return { state: "ready", artifact: await this.#source.fetch({ ...sourceOf(chart), ...secrets }, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { state: "failed", failure: failureOf(error) };
    }
  }
}
