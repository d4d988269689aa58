import type { HelmDriver, HelmResult, HelmRunListener, Refuse, ReleaseLabels } from "../../helm/driver.ts";
import type { ApiClient } from "../../runtime/api.ts";
import { DEFAULT_HISTORY_LIMIT, type ArmadaChart } from "../api/chart.ts";
import type { Change, HelmAction } from "./action.ts";
import { deleteTimeoutMs, waitTimeoutMs } from "./decision/context.ts";
import { valuesOf } from "./desired.ts";
import { NAMESPACES } from "./objects/release-objects.ts";
import type { ChartObserved } from "./observed.ts";

export interface HelmRequestDeps {
  readonly api: Pick<ApiClient, "get">;
  readonly helm: HelmDriver;
  readonly boundsOf: (chart: ArmadaChart, place: Pick<ChartObserved, "release" | "account">) => Refuse;
}

type Place = Pick<ChartObserved, "release" | "epoch" | "account">;

/** Starts the helm that an action asks for. */
export const requestHelm = async (
  chart: ArmadaChart,
  place: Place,
  action: HelmAction,
  { helm, api, boundsOf }: HelmRequestDeps,
  listener: HelmRunListener,
  signal: AbortSignal,
): Promise<HelmResult> => {
  const { release, account } = place;
  const options = { ...listener, refuse: boundsOf(chart, place) };
  if (action.type === "uninstall") {
    const { noHooks } = action;
    return helm.uninstall({ ...options, release, account, timeoutMs: helmTimeoutMs(deleteTimeoutMs(chart)), noHooks, keepHistory: true }, signal);
  }
  const request = {
    ...options,
    release,
    account,
    timeoutMs: helmTimeoutMs(waitTimeoutMs(chart)),
    chartPath: action.source.artifact.path,
    values: valuesOf(chart),
    labels: labelsOf(chart, place, action),
  };
  if (action.type === "install") {
    const createNamespace = release.namespace !== chart.metadata.namespace && !(await namespaceExists(release.namespace, api, signal));
    return helm.install({ ...request, replace: action.replaces !== undefined, noHooks: false, createNamespace }, signal);
  }
  return helm.upgrade({ ...request, ...upgradeFlags(chart), historyMax: historyMaxOf(chart) }, signal);
};

const upgradeFlags = ({ spec: { upgrade } }: ArmadaChart): { readonly noHooks: boolean; readonly force: boolean } => ({
  noHooks: upgrade?.no_hooks === true || upgrade?.options?.no_hooks === true,
  force: upgrade?.options?.force === true,
});

export const historyMaxOf = ({ spec }: ArmadaChart): number => spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT;

/** helm would ask for the right to create it even when it is there. */
const namespaceExists = async (name: string, api: Pick<ApiClient, "get">, signal: AbortSignal): Promise<boolean> =>
  (await api.get({ resource: NAMESPACES, name, metadataOnly: true }, signal)) !== undefined;

const DAY_MS = 86_400_000;

/** What hooks get. helm takes 0 for no time at all, and `wait.timeout: 0` and `delete.timeout: 0` are about objects; nor does a hook hold helm's place for years. */
const helmTimeoutMs = (timeoutMs: number): number => Math.min(Math.max(timeoutMs, 1000), DAY_MS);

/** Of the revision that the run makes. */
export const labelsOf = ({ metadata }: ArmadaChart, { epoch }: Pick<Place, "epoch">, action: Change): ReleaseLabels => {
  const before = action.type === "install" ? action.replaces : action.record;
  return { owner: metadata.uid, inputs: action.source.inputsDigest, revision: (before?.newest.revision ?? 0) + 1, epoch };
};
