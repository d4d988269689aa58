import type { Clock } from "../../base/clock.ts";
import { type ArtifactKeeper, type ChartSource, SourceError, type SourceSpec } from "../../sources/source.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { failureOf, isPausing } from "../journal.ts";
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
  /** Failures in a row, on this occasion. */
  readonly failures: number;
  readonly view: SourceView;
}

/**
 * Reads charts when there is an occasion: a new generation, a request, or the interval. After a failure there is none for a while, which grows
 * with each, so that passes for other reasons do not read a broken source.
 */
export class ChartReader {
  readonly #source: ChartSource;
  readonly #clock: Clock;
  readonly #secrets: SourceSecrets;
  readonly #keeper: ArtifactKeeper;
  readonly #reads = new Map<string, Read>();

  constructor(deps: { readonly source: ChartSource; readonly keeper: ArtifactKeeper; readonly clock: Clock; readonly secrets: SourceSecrets }) {
    this.#keeper = deps.keeper;
    this.#secrets = deps.secrets;
    this.#source = deps.source;
    this.#clock = deps.clock;
  }

  async read(chart: ArmadaChart, signal: AbortSignal): Promise<SourceView> {
    const { uid, generation, annotations } = chart.metadata;
    const occasion = `${String(generation)} ${annotations?.[REQUESTED_AT] ?? ""}`;
    const known = this.#reads.get(uid);
    const last = known?.occasion === occasion ? known : undefined;
    if (last !== undefined && this.#isBelieved(chart, last) && (await this.#isHeld(uid, last.view))) return last.view;
    const failures = (last?.failures ?? 0) + 1;
    const view = await this.#fetch(chart, failures, signal);
    this.#reads.set(uid, { occasion, atMs: this.#clock.monotonic(), failures: view.state === "failed" ? failures : 0, view });
    return view;
  }

  forget(uid: string): void {
    this.#reads.delete(uid);
    this.#keeper.release(uid);
  }

  /** What helm will be given is there, and stays. */
  async #isHeld(uid: string, view: SourceView): Promise<boolean> {
    return view.state !== "ready" || (await this.#keeper.hold(uid, view.artifact));
  }

  #isBelieved(chart: ArmadaChart, { view, atMs }: Read): boolean {
    if (view.state === "failed") return isPausing(view.retryAtMs, this.#clock.now());
    return this.#clock.monotonic() - atMs < intervalMs(chart);
  }

  /** `failures`: how many in a row it will be if this one fails. */
  async #fetch(chart: ArmadaChart, failures: number, signal: AbortSignal): Promise<SourceView> {
    try {
      const secrets = await this.#secrets(chart, signal);
      const artifact = await this.#source.fetch({ ...sourceOf(chart), ...secrets }, signal);
      if (await this.#keeper.hold(chart.metadata.uid, artifact)) return { state: "ready", artifact };
      throw new SourceError("the chart has gone from the cache as soon as it was there: it is read again", {
        reason: "Unreadable",
        class: "transient",
      });
    } catch (error) {
      signal.throwIfAborted();
      return { state: "failed", failure: failureOf(error), retryAtMs: this.#clock.now() + sourceRetryMs(chart, failures) };
    }
  }
}
