import { assertNever } from "../../../base/errors.ts";
import { HelmError } from "../../../helm/driver.ts";
import type { ReleaseStatus, Revision } from "../../../helm/release.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { RELEASE_NAME } from "../../names.ts";
import { isHelmRun, type ChartAction } from "../action.ts";
import type { ChartOutcome } from "../decision/journal.ts";
import type { ObservedObject } from "../objects/observed-object.ts";
import type { ChartObserved } from "../observed.ts";
import { revisionOf } from "./charts.ts";

/** A cluster as far as one chart can tell, for properties: effects change it at once, helm fails as often as the script says. */
export class ChartModel {
  chart: ArmadaChart;
  observed: ChartObserved;
  /** Messages of the helm runs that fail, in order; later runs go well. */
  readonly #failures: string[];
  readonly #warnings: readonly string[];

  constructor(chart: ArmadaChart, observed: ChartObserved, script: { readonly failures: readonly string[]; readonly warnings: readonly string[] }) {
    this.chart = chart;
    this.observed = observed;
    this.#failures = [...script.failures];
    this.#warnings = script.warnings;
  }

  see(change: Partial<ChartObserved>): void {
    this.observed = { ...this.observed, ...change };
  }

  /** Objects on their way arrive, what is being deleted goes. */
  heal(): void {
    const leaving = this.observed.record?.newest.status === "uninstalled";
    this.see({ pods: [], objects: this.observed.objects.map((object) => arrived(object, leaving)) });
  }

  perform(action: ChartAction): ChartOutcome {
    const { chart, observed } = this;
    const startedAtMs = observed.nowMs;
    const attempt = { action, generation: chart.metadata.generation, observed, startedAtMs, finishedAtMs: startedAtMs + 2_000 };
    this.see({ nowMs: attempt.finishedAtMs });
    const failure = isHelmRun(action) ? this.#failures.shift() : undefined;
    if (failure !== undefined) {
      if (action.type !== "uninstall") this.#write("failed", {});
      return { ...attempt, warnings: [], error: new HelmError(failure, { reason: "HookFailed", class: "transient", warnings: this.#warnings }) };
    }
    this.#effect(action);
    return { ...attempt, warnings: isHelmRun(action) ? this.#warnings : [] };
  }

  #effect(action: ChartAction): void {
    const { chart, observed } = this;
    switch (action.type) {
      case "recordName":
        this.chart = {
          ...chart,
          metadata: { ...chart.metadata, annotations: { ...chart.metadata.annotations, [RELEASE_NAME]: observed.release.name } },
        };
        return;
      case "install":
      case "upgrade":
        this.#write("deployed", { unstamped: false, objects: observed.objects.map((object) => in_(object, "progressing")) });
        return;
      case "restamp":
        this.#rewrite("deployed", { unstamped: false });
        return;
      case "uninstall":
        this.#rewrite("uninstalled", { objects: observed.objects.map((object) => in_(object, "progressing")), unstamped: false });
        return;
      case "relabel":
        this.see({ mislabelled: undefined });
        return;
      case "take":
      case "giveBack":
        return;
      case "unlock":
        this.#rewrite("failed", {});
        return;
      case "restore":
        this.see({ objects: observed.objects.map((object) => (action.objects.includes(object.object) ? in_(object, "progressing") : object)) });
        return;
      case "prune":
        this.see({ leftovers: [], orphanedObjects: [] });
        return;
      case "purge":
        this.see({ record: undefined, ownership: { of: "none" }, objects: [], unstamped: false, chartName: undefined });
        return;
      default:
        assertNever(action);
    }
  }

  /** A new revision of ours. */
  #write(status: ReleaseStatus, change: Partial<ChartObserved>): void {
    const { record } = this.observed;
    this.#put(revisionOf(this.chart, (record?.newest.revision ?? 0) + 1, status, { modifiedAtMs: this.observed.nowMs }), change);
  }

  /** The newest revision, in another status. */
  #rewrite(status: ReleaseStatus, change: Partial<ChartObserved>): void {
    this.#put(revisionOf(this.chart, this.observed.record?.newest.revision ?? 1, status, { modifiedAtMs: this.observed.nowMs }), change);
  }

  #put(newest: Revision, change: Partial<ChartObserved>): void {
    const { record, release } = this.observed;
    const everDeployed = newest.status === "deployed" || record?.everDeployed === true;
    this.see({ record: { release, newest, revisions: [newest], everDeployed }, ownership: { of: "ours" }, ...change });
  }
}

const in_ = (object: ObservedObject, state: "ready" | "progressing" | "missing"): ObservedObject => ({
  ...object,
  done: "no",
  readiness: state === "ready" ? { state } : { state, message: `${object.object.kind} ${object.object.name}: it is ${state}` },
});

const arrived = (object: ObservedObject, leaving: boolean): ObservedObject =>
  leaving ? in_(object, "missing") : object.readiness.state === "progressing" ? in_(object, "ready") : object;
