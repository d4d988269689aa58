import type { Clock } from "../../../base/time/clock.ts";
import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseRecord, ReleaseStore } from "../../../helm/release.ts";
import { findCondition } from "../../../runtime/conditions.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import type { ActualState, TargetState } from "../../api/common.ts";
import { effectiveTarget, isActive, isLibrary, isObserved, isOwnedBy, isTerminating, nameOf, olderFirst, type Estate } from "../../estate/estate.ts";
import { nameInStatus, releaseOf } from "../../estate/release-name.ts";
import { claimAgainst, type Claim } from "./claims.ts";
import { sourceOf } from "../desired.ts";
import { deepEqual } from "../../../base/json/json.ts";

/** Whom the newest release Secret names. */
export type Ownership =
  | { readonly of: "none" | "ours" }
  /** No owner label, or a chart that no longer exists. `agrees`: it was made from the chart and the values wanted. */
  | { readonly of: "nobody"; readonly agrees: boolean }
  | {
      readonly of: "chart";
      /** `ArmadaChart NAME`. */
      readonly name: string;
      /** It names the same chart: location and subpath. */
      readonly sameChart: boolean;
      /** Whether it keeps the release against a claim of this chart, and why. */
      readonly against: Claim;
      /** Its own state, and its words for it. */
      readonly state: ActualState | undefined;
      readonly message: string;
    };

/** Another chart of the same release. */
export interface Heir {
  readonly uid: string;
  /** `ArmadaChart NAME`. */
  readonly name: string;
}

export interface OwnershipDeps {
  readonly estate: Estate;
  readonly releases: Pick<ReleaseStore, "read" | "ownedBy">;
  /** The ArmadaChart of that uid. */
  readonly chartByUid: (uid: string) => ArmadaChart | undefined;
  readonly clock: Pick<Clock, "now">;
}

/**
 * The name recorded for a release counts as long as that release exists and is not another chart's: a copied object may carry the name of the
 * one it was copied from. Where both status and annotation are lost, a release that names the chart as its owner tells.
 */
export const identify = (chart: ArmadaChart, deps: Pick<OwnershipDeps, "releases" | "chartByUid">): ReleaseRef => {
  const named = nameOfRelease(chart, deps);
  if (nameInStatus(chart) !== undefined || deps.releases.read(named)?.newest.labels?.owner === chart.metadata.uid) return named;
  return deps.releases.ownedBy(chart.metadata.uid).find(({ namespace }) => namespace === named.namespace) ?? named;
};

const nameOfRelease = (chart: ArmadaChart, { releases, chartByUid }: Pick<OwnershipDeps, "releases" | "chartByUid">): ReleaseRef => {
  const record = releases.read(releaseOf(chart, { exists: true }));
  const owner = record?.newest.labels?.owner;
  const mine = record !== undefined && (owner === undefined || owner === chart.metadata.uid || chartByUid(owner) === undefined);
  return releaseOf(chart, { exists: mine || chart.status?.release?.revision !== undefined });
};

/** Whom the release belongs to. Whether one of nobody agrees with what is wanted is looked up by the caller. */
export const ownershipOf = (
  chart: ArmadaChart,
  release: ReleaseRef,
  record: ReleaseRecord | undefined,
  deps: OwnershipDeps,
): Exclude<Ownership, { readonly of: "nobody" }> | { readonly of: "nobody" } => {
  if (record === undefined) return { of: "none" };
  const owner = record.newest.labels?.owner;
  if (owner === chart.metadata.uid) return { of: "ours" };
  const other = (owner === undefined ? undefined : deps.chartByUid(owner)) ?? keeperOf(chart, release, deps);
  return other === undefined ? { of: "nobody" } : ofChart(other, chart, deps);
};

const ofChart = (other: ArmadaChart, chart: ArmadaChart, { estate, clock }: OwnershipDeps): Extract<Ownership, { readonly of: "chart" }> => ({
  of: "chart",
  name: nameOf(other, chart),
  sameChart: isSameChart(other, chart),
  against: claimAgainst(other, chart, estate, clock.now()),
  state: other.status?.actual_state,
  message: isObserved(other) ? readyMessage(other) : "it has changed and is being checked",
});

const readyMessage = ({ status }: ArmadaChart): string => findCondition(status?.conditions, "Ready")?.message ?? "";

/** Where the label that names the owner is lost: the other chart whose status says that the release is its own. It will mark the release again. */
const keeperOf = (chart: ArmadaChart, release: ReleaseRef, { estate }: OwnershipDeps): ArmadaChart | undefined =>
  estate.sharingRelease(chart).find((other) => !isTerminating(other) && isKeptBy(other, release));

const isKeptBy = (chart: ArmadaChart, release: ReleaseRef): boolean =>
  chart.status?.release?.revision !== undefined && deepEqual(releaseOf(chart, { exists: true }), release);

/** The label that names the owner is lost, and status says that this revision was its own. */
export const isRemembered = (chart: ArmadaChart, release: ReleaseRef, { newest }: ReleaseRecord): boolean =>
  isKeptBy(chart, release) && chart.status?.release?.revision === newest.revision;

/** Location and subpath; another version of it is still the same chart. */
const isSameChart = (a: ArmadaChart, b: ArmadaChart): boolean => {
  const [one, other] = [sourceOf(a), sourceOf(b)];
  return one.type === other.type && one.location === other.location && one.subpath === other.subpath && one.chart === other.chart;
};

/** Enabled after status had recorded that it was parked; remembered until the release is its own. */
export const hasClaim = ({ status }: ArmadaChart, target: TargetState, ownership: Ownership["of"]): boolean =>
  target === "deployed" && ownership !== "ours" && (status?.target_state === "uninitialized" || status?.release?.claim !== undefined);

/** It had the release, and another chart has taken it. */
export const wasSuperseded = ({ status }: ArmadaChart): boolean =>
  status?.release?.superseded_by !== undefined || status?.release?.revision !== undefined;

/** Of several charts that want a release which does not exist: the one that had it last, then the oldest. */
export const rivalOf = (chart: ArmadaChart, release: ReleaseRef, deps: OwnershipDeps): string | undefined => {
  const rivals = wantingTheSame(chart, release, deps).filter((other) => other.status?.reason !== "InvalidSpec" && !isLibrary(other));
  const first = [chart, ...rivals].sort((a, b) => rank(a) - rank(b) || olderFirst(a, b))[0];
  return first === undefined || first === chart ? undefined : nameOf(first, chart);
};

const rank = ({ status }: ArmadaChart): number =>
  status?.release?.revision !== undefined ? 0 : status?.release?.superseded_by === undefined ? 1 : 2;

/** Who gets the release back when its owner leaves: the chart that it was taken from, if it is still wanted. */
export const heirOf = (chart: ArmadaChart, release: ReleaseRef, deps: OwnershipDeps): Heir | undefined => {
  const former = deps.estate
    .sharingRelease(chart)
    .filter((other) => other.status?.release?.superseded_by !== undefined && !isTerminating(other))
    .filter((other) => isWanted(other, deps.estate) && deepEqual(identify(other, deps), release))
    .sort((a, b) => Number(isBy(b, chart)) - Number(isBy(a, chart)) || olderFirst(a, b))[0];
  return former === undefined ? undefined : { uid: former.metadata.uid, name: nameOf(former, chart) };
};

/** Deployed in effect, or to be enabled: a re-applied file that lost who had enabled it must not cost it its release. */
const isWanted = (chart: ArmadaChart, estate: Estate): boolean => {
  const target = effectiveTarget(chart, estate);
  if (target !== "uninitialized") return target === "deployed";
  return estate.parentsListing(chart).some((parent) => isOwnedBy(chart, parent, estate) && isActive(parent, estate));
};

const isBy = (former: ArmadaChart, chart: ArmadaChart): boolean => former.status?.release?.superseded_by === nameOf(chart, former);

const wantingTheSame = (chart: ArmadaChart, release: ReleaseRef, deps: OwnershipDeps): readonly ArmadaChart[] =>
  deps.estate
    .sharingRelease(chart)
    .filter((other) => !isTerminating(other) && effectiveTarget(other, deps.estate) === "deployed" && deepEqual(identify(other, deps), release));
