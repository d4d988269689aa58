import type { ArmadaChart } from "../../../armada/api/chart.ts";
import type { Clock } from "../../../base/time/clock.ts";
import { revisionOf } from "../../../helm/record/revision.ts";
import type { Metrics } from "./metrics.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { Change } from "../../../runtime/cache/store.ts";
import type { ChartSource } from "../../../sources/source.ts";

/**
 * Measures what charts spend their time on: `source` (reading the chart), `helm` (an install or upgrade, from its start to its end) and `ready`
 * (from helm's end to the status that says every object is ready). For the metric only; nothing is decided on it.
 */
export class Phases {
  readonly #clock: Clock;
  readonly #metrics: Pick<Metrics, "chartPhase">;
  /** Chart uid → the revision that helm has deployed, and when; until it is ready. */
  readonly #deployed = new Map<string, { readonly revision: number; readonly atMs: number }>();

  constructor(deps: { readonly clock: Clock; readonly metrics: Pick<Metrics, "chartPhase"> }) {
    this.#clock = deps.clock;
    this.#metrics = deps.metrics;
  }

  /** The same source, timed. */
  timed(source: ChartSource): ChartSource {
    return {
      fetch: async (spec, signal) => {
        const beganMs = this.#clock.monotonic();
        try {
          return await source.fetch(spec, signal);
        } finally {
          this.#observe("source", this.#clock.monotonic() - beganMs);
        }
      },
    };
  }

  helmEnded(verb: string, durationMs: number): void {
    if (verb !== "uninstall") this.#observe("helm", durationMs);
  }

  /** `charts`: those of the release that the Secret is of. What was deployed before this operator came is not measured. */
  releaseChanged({ old, object }: Change<KubeObject>, charts: readonly ArmadaChart[]): void {
    const [before, now] = [old, object].map((secret) => (secret === undefined ? undefined : revisionOf(secret)));
    if (now?.status !== "deployed" || before?.status.startsWith("pending-") !== true) return;
    for (const { metadata } of charts) this.#deployed.set(metadata.uid, { revision: now.revision, atMs: this.#clock.monotonic() });
  }

  chartChanged({ metadata, status }: ArmadaChart): void {
    const deployed = this.#deployed.get(metadata.uid);
    if (deployed === undefined || status?.release?.ready_revision !== deployed.revision) return;
    this.#observe("ready", this.#clock.monotonic() - deployed.atMs);
    this.#deployed.delete(metadata.uid);
  }

  chartGone(uid: string): void {
    this.#deployed.delete(uid);
  }

  #observe(phase: "source" | "helm" | "ready", durationMs: number): void {
    this.#metrics.chartPhase.observe({ phase }, durationMs / 1000);
  }
}
