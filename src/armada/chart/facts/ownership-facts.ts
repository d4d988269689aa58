import type { ReleaseRecord, ReleaseRecords } from "../../../helm/release.ts";
import { valuesOf } from "../desired.ts";
import { hasClaim, heirOf, ownershipOf, rivalOf, type Heir, type Ownership, type OwnershipDeps } from "../release/ownership.ts";
import { isLeaving, type Situation } from "./situation.ts";
import type { SourceFacts } from "./source-facts.ts";

/** Whose the release is, and who else wants it. */
export interface OwnershipFacts {
  readonly ownership: Ownership;
  /** It was enabled after it had been parked, and has not had its release since. */
  readonly claim: boolean;
  /** Without a record: the `ArmadaChart NAME` that comes first. */
  readonly rival: string | undefined;
  /** Of a chart that leaves: who had its release before, and still wants it. */
  readonly heir: Heir | undefined;
}

export interface OwnershipFactsDeps extends OwnershipDeps {
  readonly records: Pick<ReleaseRecords, "madeFrom">;
}

export const ownershipFacts = async (
  situation: Situation,
  { source }: SourceFacts,
  deps: OwnershipFactsDeps,
  signal: AbortSignal,
): Promise<OwnershipFacts> => {
  const { chart, release, target, record } = situation;
  if (record === undefined) return ownershipWithoutRecord(situation, deps);
  const ownership = ownershipOf(chart, release, record, deps);
  const agrees = isTakeable(situation, ownership) && (await isMadeFromWanted(situation, record, source, deps, signal));
  return {
    ownership: ownership.of === "nobody" ? { ...ownership, agrees } : ownership,
    claim: hasClaim(chart, target, ownership.of),
    rival: undefined,
    heir: isLeaving(situation) && ownership.of === "ours" ? heirOf(chart, release, deps) : undefined,
  };
};

export const ownershipWithoutRecord = (situation: Omit<Situation, "record">, deps: OwnershipDeps): OwnershipFacts => {
  const { chart, release, target } = situation;
  return {
    ownership: { of: "none" },
    claim: hasClaim(chart, target, "none"),
    rival: target === "deployed" && !isLeaving(situation) ? rivalOf(chart, release, deps) : undefined,
    heir: undefined,
  };
};

/** A release of nobody that a chart wants. */
export const isTakeable = (situation: Omit<Situation, "record">, ownership: Pick<Ownership, "of">): boolean =>
  ownership.of === "nobody" && situation.target === "deployed" && !isLeaving(situation);

/** A release of nobody is taken if it was made from what is wanted, whatever became of it: helm goes on from there. */
const isMadeFromWanted = async (
  { chart }: Situation,
  record: ReleaseRecord,
  source: SourceFacts["source"],
  { records }: OwnershipFactsDeps,
  signal: AbortSignal,
): Promise<boolean> => {
  const { newest } = record;
  if (source.state !== "ready") return false;
  if (newest.labelsCurrent && newest.labels?.inputs === source.inputsDigest) return true;
  return records.madeFrom(record, { chartPath: source.artifact.path, values: valuesOf(chart) }, signal);
};
