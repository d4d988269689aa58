import { assertNever } from "../../base/errors.ts";
import type { ReleaseRecord } from "../../helm/release.ts";
import type { ApiClient } from "../../runtime/api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { CHARTS, type ArmadaChart } from "../api/chart.ts";
import { RELEASE_NAME } from "../names.ts";
import { valuesOf } from "./desired.ts";
import { withGrant, type GrantOf } from "./grants.ts";
import { isHelmRun, type ChartAction, type HelmAction } from "./action.ts";
import { prune, restore, type MendDeps } from "./objects/mend.ts";
import { mustBeWithinBounds } from "./objects/within-bounds.ts";
import type { ChartObserved } from "./observed.ts";
import { performHelm, type HelmPerformDeps } from "./perform-helm.ts";
import { giveBack, take, type ChangeOwnerDeps } from "./release/change-owner.ts";

export interface ChartPerformDeps extends HelmPerformDeps, MendDeps, ChangeOwnerDeps {
  readonly api: HelmPerformDeps["api"] & MendDeps["api"];
  readonly releases: HelmPerformDeps["releases"];
  readonly records: HelmPerformDeps["records"];
  readonly watches: HelmPerformDeps["watches"];
  /** Requests with the rights of its account, undefined: the operator's own, and within its bounds. */
  readonly apiFor: (chart: ArmadaChart, place: Pick<ChartObserved, "release" | "account">) => ApiClient;
  readonly grantOf: GrantOf;
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
  try {
    if (isHelmRun(action)) return await performHelm(chart, observed, action, deps, signal);
    await effect(chart, observed, action, deps, signal);
    return [];
  } catch (error) {
    throw withGrant(error, deps.grantOf, observed.account);
  }
};

const effect = async (
  chart: ArmadaChart,
  observed: ChartObserved,
  action: Exclude<ChartAction, HelmAction>,
  deps: ChartPerformDeps,
  signal: AbortSignal,
): Promise<void> => {
  const { epoch } = observed;
  switch (action.type) {
    case "recordName":
      return recordName(chart, observed, deps, signal);
    case "take":
      await mustBeWithinBounds(action.record, "upgrade", { ...deps, refuse: deps.boundsOf(chart, observed) }, signal);
      return take(chart, { ...action, epoch }, deps, signal);
    case "giveBack":
      return giveBack({ ...action, epoch }, deps, signal);
    case "restore":
      return restore(observed, { ...action, values: valuesOf(chart) }, { ...deps, api: deps.apiFor(chart, observed) }, signal);
    case "prune":
      return prune(observed, action, { ...deps, api: deps.apiFor(chart, observed) }, signal);
    case "restamp":
    case "relabel":
    case "unlock":
    case "purge":
      await rewrite(chart, epoch, action, deps, signal);
      await deps.releases.refresh(observed.release, signal);
      return;
    default:
      assertNever(action);
  }
};

type RecordAction = Extract<ChartAction, { readonly type: "restamp" | "relabel" | "unlock" | "purge" }>;

/** Of the record alone. */
const rewrite = async (
  chart: ArmadaChart,
  epoch: string,
  action: RecordAction,
  { records, purged }: ChartPerformDeps,
  signal: AbortSignal,
): Promise<void> => {
  const { record } = action;
  switch (action.type) {
    case "restamp":
      return records.relabel(record, stampOf(chart, epoch, record, action.inputsDigest), signal);
    case "relabel":
      return records.relabelStatus(record, record.newest.status, signal);
    case "unlock":
      return records.unlock(record, "marked failed: the helm process that locked this release no longer runs", signal);
    case "purge":
      await records.purge(record, signal);
      purged.add(chart.metadata.uid);
      return;
    default:
      assertNever(action);
  }
};

const stampOf = ({ metadata }: ArmadaChart, epoch: string, { newest }: ReleaseRecord, inputs: string) => ({
  owner: metadata.uid,
  inputs,
  revision: newest.revision,
  epoch,
});

const recordName = async (chart: ArmadaChart, { release }: ChartObserved, { api, store }: ChartPerformDeps, signal: AbortSignal): Promise<void> => {
  const { name, namespace, uid } = chart.metadata;
  const body = { metadata: { uid, annotations: { [RELEASE_NAME]: release.name } } };
  store(await api.patch({ resource: CHARTS, namespace, name }, { type: "merge", body }, signal));
};
