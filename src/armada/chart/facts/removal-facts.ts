import type { ReleaseRecord, ReleaseStore } from "../../../helm/release.ts";
import type { ApiClient, ResourceCatalog } from "../../../runtime/api.ts";
import { answered } from "../../answered.ts";
import { CHARTS, type ArmadaChart } from "../../api/chart.ts";
import { isRequested } from "../../attempts.ts";
import { isTerminating } from "../../estate/estate.ts";
import type { Turn } from "../../estate/turn.ts";
import { isLosingItsApi } from "../../own-crds.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { isNamespaceTerminating } from "../objects/closed-namespaces.ts";
import { findOrphanedObjects, type OrphansDeps } from "../objects/orphans.ts";
import type { OwnershipFacts } from "./ownership-facts.ts";
import { isLeaving, type Situation } from "./situation.ts";

/** What becomes of a release that goes, or has gone. */
export interface RemovalFacts {
  /** A release that status knows has no record any more, and it was not this process that removed it. */
  readonly vanished: boolean;
  readonly namespaceTerminating: boolean;
  /** Terminating because its CustomResourceDefinition is being deleted. */
  readonly losingItsApi: boolean;
  /** Objects that carry this release's annotations although no record is left; looked up after a record vanished, when its chart goes. */
  readonly orphanedObjects: readonly ReleaseObject[];
  /** Where orphanedObjects could not be looked for, and the kinds, one phrase each. */
  readonly unseen: readonly string[];
}

/** Of a chart that stays. */
export const NOTHING_REMOVED: RemovalFacts = {
  vanished: false,
  namespaceTerminating: false,
  losingItsApi: false,
  orphanedObjects: [],
  unseen: [],
};

export interface RemovalFactsDeps extends OrphansDeps {
  readonly api: ApiClient & ResourceCatalog;
  readonly releases: Pick<ReleaseStore, "read" | "refresh">;
  /** Uids of charts whose release records this process removed at the end of an uninstallation. Forgotten: what is left is looked for in vain. */
  readonly purged: ReadonlySet<string>;
}

/**
 * The record of the release. Before a chart goes, one that status knows and no watch tells of is asked for: it may be where nobody watches, or
 * have lost its place in the cache. A refusal of that breaks the pass off, and the object stays.
 */
export const recordOf = async (
  situation: Omit<Situation, "record">,
  refusal: string | undefined,
  { releases, purged }: RemovalFactsDeps,
  signal: AbortSignal,
): Promise<ReleaseRecord | undefined> => {
  const { chart, release } = situation;
  const told = releases.read(release);
  const isDoubted = isLeaving(situation) && isKnown(chart, purged) && (told === undefined || refusal !== undefined);
  return isDoubted ? answered(`whether release ${release.name} has a record`, releases.refresh(release, signal)) : told;
};

/** `turn`: to be removed. */
type Deciding = Pick<OwnershipFacts, "ownership" | "heir"> & { readonly turn: Turn; readonly refusal: string | undefined };

export const removalFacts = async (situation: Situation, deciding: Deciding, deps: RemovalFactsDeps, signal: AbortSignal): Promise<RemovalFacts> => {
  const { chart, release, record } = situation;
  const vanished = record === undefined && isKnown(chart, deps.purged);
  const namespaceMatters = record !== undefined ? isLeaving(situation) : vanished && (isLeaving(situation) || deciding.refusal === undefined);
  const namespaceTerminating = namespaceMatters && (await isPlaceGoing(release.namespace, deps, signal));
  const before = { ...NOTHING_REMOVED, vanished, namespaceTerminating };
  if (!removes(situation, deciding, before)) return before;
  const losingItsApi = isTerminating(chart) && (await isLosingItsApi(chart, CHARTS, deps.api, signal));
  if (losingItsApi || !vanished) return { ...before, losingItsApi };
  return { ...before, ...(await answered(`what is left of release ${release.name}`, findOrphanedObjects(release, deps, signal))) };
};

const isPlaceGoing = (namespace: string, { api }: RemovalFactsDeps, signal: AbortSignal): Promise<boolean> =>
  answered(`whether namespace ${namespace} is being deleted`, isNamespaceTerminating(namespace, api, signal));

/** One that only waits for its turn removes nothing, whatever becomes of the API. */
const removes = (situation: Situation, { ownership, heir, turn }: Deciding, { vanished, namespaceTerminating }: RemovalFacts): boolean => {
  if (!isLeaving(situation) || isOrphaned(situation.chart, heir)) return false;
  const isDue = turn.ready || namespaceTerminating || isRequested(situation.chart);
  return ownership.of === "ours" ? isDue : vanished;
};

/** The chart goes, and its release is to stay. */
const isOrphaned = (chart: ArmadaChart, heir: OwnershipFacts["heir"]): boolean =>
  isTerminating(chart) && chart.spec.deletion_policy === "orphan" && heir === undefined;

/** Status knows a release, and it was not this process that removed its records. */
const isKnown = ({ metadata, status }: ArmadaChart, purged: ReadonlySet<string>): boolean =>
  status?.release?.revision !== undefined && !purged.has(metadata.uid);
