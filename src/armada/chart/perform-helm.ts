import { deepEqual } from "../../base/json/json.ts";
import type { HelmResult } from "../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import type { ApiClient, ResourceCatalog } from "../../runtime/api.ts";
import type { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import type { ArmadaChart } from "../api/chart.ts";
import type { HelmAction } from "./action.ts";
import { historyMaxOf, labelsOf, requestHelm, type HelmRequestDeps } from "./helm-request.ts";
import { namingWhatFrees, type ParseConflict } from "./objects/blocking-object.ts";
import { disown } from "./objects/disown.ts";
import { mustBeWithinBounds } from "./objects/within-bounds.ts";
import { namingTheLargest } from "./objects/largest-object.ts";
import { PODS } from "./objects/release-pods.ts";
import type { ReleaseObjects } from "./objects/release-objects.ts";
import type { ChartObserved } from "./observed.ts";
import type { BusyReleases } from "./release/busy.ts";
import { runHelm, type HelmRunDeps } from "./release/helm-run.ts";
import { lookAgain } from "./release/look-again.ts";
import { keepToLimit } from "./release/old-records.ts";
import { withServedRecord, withWarnings } from "./release/served-record.ts";
import { warningsOfRun, withNamedFields } from "./run-warnings.ts";
import { mustBeUnchanged } from "./unchanged.ts";

export interface HelmPerformDeps extends Pick<HelmRunDeps, "stop" | "stopGraceMs" | "sleep">, HelmRequestDeps {
  readonly api: ApiClient & Pick<ResourceCatalog, "serving">;
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly busy: BusyReleases;
  readonly watches: ObjectWatches;
  readonly objects: Pick<ReleaseObjects, "listed" | "others" | "repeated">;
  readonly charts: { readonly distrust: (uid: string) => void };
  readonly onRecordChange: (release: ChartObserved["release"], listener: () => void) => () => void;
  /** Reads what the next look needs of a revision that helm has just deployed, while helm still winds up. */
  readonly prepare: (record: ReleaseRecord, signal: AbortSignal) => Promise<void>;
  /** A helm process was started for the chart: for the hand-over metric. */
  readonly onHelmStart: (chart: ArmadaChart) => void;
  /** helm waits for a free place, and so many others go before it; undefined when it has started. */
  readonly onHelmWait?: (before: number | undefined) => void;
  readonly parseConflict: ParseConflict;
  /** Uids of charts whose release records this process removed. */
  readonly purged: Set<string>;
}

/** One run of helm, alone at the release. Returns what it warned of. */
export const performHelm = async (
  chart: ArmadaChart,
  observed: ChartObserved,
  action: HelmAction,
  deps: HelmPerformDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  try {
    const { warnings } = await deps.busy.alone(observed.release, () => guarded(chart, observed, action, deps, signal));
    return action.type === "uninstall" ? warnings : await warningsOfRun(warnings, observed.release, deps, signal);
  } catch (error) {
    throw await withNamedFields(error, observed.release, deps, deps.stop ?? signal);
  }
};

/** What must be so before helm starts. */
const guarded = async (
  chart: ArmadaChart,
  observed: ChartObserved,
  action: HelmAction,
  deps: HelmPerformDeps,
  signal: AbortSignal,
): Promise<HelmResult> => {
  if (action.type === "install") deps.purged.delete(chart.metadata.uid);
  if (action.type === "uninstall") await deps.watches.watch(PODS, observed.release.namespace, signal);
  // A first installation needs no fresh read: helm itself refuses a name in use.
  if (action.type !== "install" || action.replaces !== undefined) await mustBeUnchanged(observed, deps, signal);
  const disowned = action.type === "install" ? [] : await disown(action.record, action.type, deps, signal);
  if (action.type !== "install") await mustBeWithinBounds(action.record, action.type, { ...deps, refuse: deps.boundsOf(chart, observed) }, signal);
  const ended = new AbortController();
  try {
    const run = (): Promise<HelmResult> =>
      runHelm((options, child) => requestHelm(chart, observed, action, deps, options, child), runDeps(chart, observed, deps, ended.signal), signal);
    return await withWarnings(disowned, () => withServedRecord(observed.release, action.type, run, deps, signal));
  } catch (error) {
    deps.charts.distrust(chart.metadata.uid);
    const told = await namingTheLargest(error, observed.release, deps, deps.stop ?? signal);
    throw namingWhatFrees(told, deps.parseConflict, deps.watches);
  } finally {
    ended.abort();
    // The record as helm left it, not as the watch will tell it: the next decision must not repeat this one. Not cancelled with the pass alone.
    if (!isTold(chart, observed, action, deps)) await lookAgain(observed.release, deps);
    if (action.type === "install") await forgetOld(chart, observed.release, deps);
  }
};

/** How the run is told of its record, until `ended`. */
const runDeps = (chart: ArmadaChart, { release, record: before }: ChartObserved, deps: HelmPerformDeps, ended: AbortSignal): HelmRunDeps => ({
  ...deps,
  onStart: () => deps.onHelmStart(chart),
  onWait: deps.onHelmWait,
  onRecordChange: (listener) =>
    deps.onRecordChange(release, () => {
      const record = deps.releases.read(release);
      if (record?.newest.status === "deployed") void deps.prepare(record, ended).catch(() => undefined);
      listener();
    }),
  waitsInHook: async (over) => {
    const record = await deps.releases.refresh(release, over);
    return record !== undefined && (await deps.records.hooksRunning(record, over)).length > 0;
  },
  isUntouched: async (over) => {
    const now = (await deps.releases.refresh(release, over))?.newest;
    return now?.secret.uid === before?.newest.secret.uid && now?.status === before?.newest.status;
  },
});

/** helm install knows no `--history-max`. How helm ended counts, and what is left of its records is looked at after the next run again. */
const forgetOld = async (chart: ArmadaChart, release: ChartObserved["release"], deps: HelmPerformDeps): Promise<void> => {
  const record = deps.releases.read(release);
  const limit = { owner: chart.metadata.uid, limit: historyMaxOf(chart) };
  if (record !== undefined) await keepToLimit(record, limit, deps, deps.stop ?? AbortSignal.any([])).catch(() => undefined);
};

/** The watch has told already how this run ended, and that it ended well. */
const isTold = (chart: ArmadaChart, observed: ChartObserved, action: HelmAction, { releases }: HelmPerformDeps): boolean => {
  const newest = releases.read(observed.release)?.newest;
  if (action.type === "uninstall" || newest?.status !== "deployed" || !newest.labelsCurrent) return false;
  return deepEqual(newest.labels, labelsOf(chart, observed, action));
};
