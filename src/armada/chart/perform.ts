import type { Clock } from "../../base/clock.ts";
import { assertNever } from "../../base/errors.ts";
import { deepEqual } from "../../base/json.ts";
import type { HelmDriver, HelmResult, HelmRunOptions, ReleaseLabels } from "../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import type { ApiClient, ResourceCatalog } from "../../runtime/api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import { CHARTS, DEFAULT_HISTORY_LIMIT, type ArmadaChart } from "../api/chart.ts";
import { RELEASE_NAME } from "../names.ts";
import { isHelmRun, type ChartAction, type HelmVerb } from "./action.ts";
import { giveBack, take, type ChangeOwnerDeps } from "./release/change-owner.ts";
import type { CompleteChartReader } from "./chart-source/complete-reader.ts";
import { deleteTimeoutMs, waitTimeoutMs } from "./decision/context.ts";
import { valuesOf } from "./desired.ts";
import { disown } from "./objects/disown.ts";
import { runHelm, type HelmRunDeps } from "./release/helm-run.ts";
import { namingTheLargest } from "./objects/largest-object.ts";
import { lookAgain } from "./release/look-again.ts";
import { prune, restore } from "./objects/mend.ts";
import { mustHave, type ChartObserved } from "./observed.ts";
import type { EffectMemory } from "./objects/effects.ts";
import { keepToLimit } from "./release/old-records.ts";
import { NAMESPACES, PODS, type ReleaseObjects } from "./objects/release-objects.ts";
import { withServedRecord, withWarnings } from "./release/served-record.ts";
import { mustBeUnchanged } from "./unchanged.ts";

export interface ChartPerformDeps extends Pick<HelmRunDeps, "stop" | "stopGraceMs" | "sleep">, ChangeOwnerDeps {
  readonly api: ApiClient & Pick<ResourceCatalog, "serving">;
  readonly helm: HelmDriver;
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly watches: ObjectWatches;
  readonly objects: Pick<ReleaseObjects, "listed" | "others" | "repeated">;
  readonly effects: EffectMemory;
  readonly clock: Clock;
  readonly charts: Pick<CompleteChartReader, "distrust">;
  readonly onRecordChange: (release: ChartObserved["release"], listener: () => void) => () => void;
  /** Reads what the next look needs of a revision that helm has just deployed, while helm still winds up. */
  readonly prepare: (record: ReleaseRecord, signal: AbortSignal) => Promise<void>;
  /** A helm process was started for the chart: for the hand-over metric. */
  readonly onHelmStart: (chart: ArmadaChart) => void;
  /** Uids of charts whose records were removed, see `ChartObserveDeps`. */
  readonly purged: Set<string>;
  /** Takes what the API server returned for the chart, so that the next look sees it. */
  readonly store: (chart: KubeObject) => void;
}

/** Makes one effect. Returns warnings to show on the object. */
export const performChart = async (
  chart: ArmadaChart,
  observed: ChartObserved,
  action: ChartAction,
  deps: ChartPerformDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (isHelmRun(action)) {
    const { warnings } = await deps.busy.alone(observed.release, () => helm(chart, observed, action, deps, signal));
    return action.type === "uninstall" ? warnings : [...warnings, ...(await repetitions(observed, deps, signal))];
  }
  switch (action.type) {
    case "recordName":
      await recordName(chart, observed, deps, signal);
      return [];
    case "restamp":
      await deps.records.relabel(
        mustHave(observed.record),
        { ...labelsOf(chart, observed), revision: mustHave(observed.record).newest.revision },
        signal,
      );
      await deps.releases.refresh(observed.release, signal);
      return [];
    case "relabel":
      await deps.records.relabelStatus(mustHave(observed.record), action.status, signal);
      await deps.releases.refresh(observed.release, signal);
      return [];
    case "take":
      await take(chart, observed, deps, signal);
      return [];
    case "giveBack":
      await giveBack(observed, action.heir, deps, signal);
      return [];
    case "unlock":
      await deps.records.unlock(mustHave(observed.record), "marked failed: the helm process that locked this release no longer runs", signal);
      await deps.releases.refresh(observed.release, signal);
      return [];
    case "restore":
      await restore(observed, action.objects, deps, signal);
      return [];
    case "prune":
      await prune(observed, action.objects, deps, signal);
      return [];
    case "purge":
      await deps.records.purge(mustHave(observed.record), signal);
      deps.purged.add(chart.metadata.uid);
      await deps.releases.refresh(observed.release, signal);
      return [];
    default:
      return assertNever(action);
  }
};

const recordName = async (chart: ArmadaChart, { release }: ChartObserved, { api, store }: ChartPerformDeps, signal: AbortSignal): Promise<void> => {
  const { name, namespace, uid } = chart.metadata;
  const body = { metadata: { uid, annotations: { [RELEASE_NAME]: release.name } } };
  store(await api.patch({ resource: CHARTS, namespace, name }, { type: "merge", body }, signal));
};

const helm = async (
  chart: ArmadaChart,
  observed: ChartObserved,
  action: ChartAction & { readonly type: HelmVerb },
  deps: ChartPerformDeps,
  signal: AbortSignal,
): Promise<HelmResult> => {
  const { release } = observed;
  if (action.type === "install") deps.purged.delete(chart.metadata.uid);
  if (action.type === "uninstall") await deps.watches.watch(PODS, signal);
  // A first installation needs no fresh read: helm itself refuses a name in use.
  if (observed.record !== undefined) await mustBeUnchanged(observed, deps, signal);
  const disowned = observed.record === undefined || action.type === "install" ? [] : await disown(observed.record, action.type, deps, signal);
  const ended = new AbortController();
  const prepare = (): void => {
    const record = deps.releases.read(release);
    if (record?.newest.status === "deployed") void deps.prepare(record, ended.signal).catch(() => undefined);
  };
  const run: HelmRunDeps = {
    ...deps,
    onRecordChange: (listener) =>
      deps.onRecordChange(release, () => {
        prepare();
        listener();
      }),
    waitsInHook: async (over) => {
      const record = await deps.releases.refresh(release, over);
      return record !== undefined && (await deps.records.hooksRunning(record, over)).length > 0;
    },
  };
  const before = observed.record?.newest;
  const isUntouched = async (over: AbortSignal): Promise<boolean> => {
    const now = (await deps.releases.refresh(release, over))?.newest;
    return now?.secret.uid === before?.secret.uid && now?.status === before?.status;
  };
  try {
    const attempt = (): Promise<HelmResult> =>
      runHelm(
        (child, options) => start(chart, observed, action, deps, child, options),
        { ...run, isUntouched },
        signal,
        () => deps.onHelmStart(chart),
      );
    return await withWarnings(disowned, () => withServedRecord(release, action.type, attempt, deps, signal));
  } catch (error) {
    deps.charts.distrust(chart.metadata.uid);
    throw await namingTheLargest(error, release, deps, deps.stop ?? signal);
  } finally {
    ended.abort();
    // The record as helm left it, not as the watch will tell it: the next decision must not repeat this one. Not cancelled with the pass alone.
    if (!isTold(chart, observed, action, deps)) await lookAgain(release, deps);
    if (action.type === "install") await forgetOld(chart, release, deps);
  }
};

/** helm install knows no `--history-max`. How helm ended counts, and what is left of its records is looked at after the next run again. */
const forgetOld = async (chart: ArmadaChart, release: ChartObserved["release"], deps: ChartPerformDeps): Promise<void> => {
  const record = deps.releases.read(release);
  const limit = { owner: chart.metadata.uid, limit: historyMaxOf(chart) };
  if (record !== undefined) await keepToLimit(record, limit, deps, deps.stop ?? AbortSignal.any([])).catch(() => undefined);
};

const historyMaxOf = ({ spec }: ArmadaChart): number => spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT;

/** helm makes an object as often as its manifest has it. What cannot be read is no failure of the run that has ended well. */
const repetitions = async ({ release }: ChartObserved, deps: ChartPerformDeps, signal: AbortSignal): Promise<readonly string[]> => {
  const record = deps.releases.read(release);
  try {
    const content = record === undefined ? undefined : await deps.records.read(record, signal);
    if (content === undefined || "damaged" in content) return [];
    const repeated = await deps.objects.repeated(release, content, signal);
    return repeated.map(({ kind, name }) => `${kind} ${name} is in the chart more than once: only the last one is applied`);
  } catch {
    return [];
  }
};

/** The watch has told already how this run ended, and that it ended well. */
const isTold = (chart: ArmadaChart, observed: ChartObserved, { type }: ChartAction, { releases }: ChartPerformDeps): boolean => {
  const newest = releases.read(observed.release)?.newest;
  if (type === "uninstall" || newest?.status !== "deployed" || !newest.labelsCurrent) return false;
  return deepEqual(newest.labels, labelsOf(chart, observed));
};

const start = async (
  chart: ArmadaChart,
  observed: ChartObserved,
  action: ChartAction & { readonly type: HelmVerb },
  { helm: driver, api }: ChartPerformDeps,
  signal: AbortSignal,
  options: HelmRunOptions,
): Promise<HelmResult> => {
  const { release, namespaceTerminating } = observed;
  if (action.type === "uninstall") {
    return driver.uninstall(
      { release, timeoutMs: helmTimeoutMs(deleteTimeoutMs(chart)), noHooks: namespaceTerminating, keepHistory: true },
      signal,
      options,
    );
  }
  const { upgrade } = chart.spec;
  const request = {
    release,
    timeoutMs: helmTimeoutMs(waitTimeoutMs(chart)),
    chartPath: artifactOf(observed).path,
    values: valuesOf(chart),
    labels: labelsOf(chart, observed),
  };
  if (action.type === "install") {
    const createNamespace = release.namespace !== chart.metadata.namespace && !(await namespaceExists(release.namespace, api, signal));
    return driver.install({ ...request, replace: action.replace, noHooks: false, createNamespace }, signal, options);
  }
  const noHooks = upgrade?.no_hooks === true || upgrade?.options?.no_hooks === true;
  return driver.upgrade({ ...request, noHooks, force: upgrade?.options?.force === true, historyMax: historyMaxOf(chart) }, signal, options);
};

/** helm would ask for the right to create it even when it is there. */
const namespaceExists = async (name: string, api: ApiClient, signal: AbortSignal): Promise<boolean> =>
  (await api.get({ resource: NAMESPACES, name }, signal, { metadataOnly: true })) !== undefined;

/** What hooks get. helm takes 0 for no time at all, and `wait.timeout: 0` and `delete.timeout: 0` are about objects. */
const helmTimeoutMs = (timeoutMs: number): number => Math.max(timeoutMs, 1000);

const artifactOf = ({ source }: ChartObserved): { readonly path: string } => {
  if (source.state !== "ready") throw new Error("decided to run helm without a chart");
  return source.artifact;
};

const labelsOf = (chart: ArmadaChart, { inputsDigest = "", record, epoch }: ChartObserved): ReleaseLabels => ({
  owner: chart.metadata.uid,
  inputs: inputsDigest,
  revision: (record?.newest.revision ?? 0) + 1,
  epoch,
});
