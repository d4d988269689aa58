import type { ReleaseLabels } from "../../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../../helm/release.ts";
import { ApiError } from "../../../runtime/api.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import type { TakeAction } from "../action.ts";
import type { BusyReleases } from "./busy.ts";
import type { Heir } from "./ownership.ts";

export interface ChangeOwnerDeps {
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly busy: BusyReleases;
  /** Whether an ArmadaChart of that uid exists, from a fresh read. */
  readonly chartExists: (uid: string, signal: AbortSignal) => Promise<boolean>;
}

/** Of a release that is nobody's and whose inputs nobody knows: compared with what it was made from, and applied anew where that differs. */
const UNKNOWN_INPUTS = `adopted.${"0".repeat(40)}`;

const keptLabels = ({ newest: { revision, labels, labelsCurrent } }: ReleaseRecord, epoch: string): Omit<ReleaseLabels, "owner"> => ({
  inputs: labelsCurrent && labels !== undefined ? labels.inputs : UNKNOWN_INPUTS,
  revision,
  epoch,
});

/** What becomes of the labels of a release, and in which hold of the Lease. */
interface Change {
  readonly record: ReleaseRecord;
  readonly epoch: string;
}

/** An owner that the caches do not know might still exist: a fresh read decides. */
export const take = async (
  chart: ArmadaChart,
  { record, epoch, unknownOwner, inputsDigest }: Change & Pick<TakeAction, "unknownOwner" | "inputsDigest">,
  deps: ChangeOwnerDeps,
  signal: AbortSignal,
): Promise<void> => {
  if (unknownOwner !== undefined && (await deps.chartExists(unknownOwner, signal))) {
    throw new ApiError(`release ${record.release.name} has an owner that was not known`, { status: 409, reason: "Conflict" });
  }
  const inputs = inputsDigest === undefined ? {} : { inputs: inputsDigest };
  await changeOwner(record, { ...keptLabels(record, epoch), ...inputs, owner: chart.metadata.uid }, deps, signal);
};

/** The chart that had the release before is its owner again. */
export const giveBack = ({ record, epoch, heir }: Change & { readonly heir: Heir }, deps: ChangeOwnerDeps, signal: AbortSignal): Promise<void> =>
  changeOwner(record, { ...keptLabels(record, epoch), owner: heir.uid }, deps, signal);

/** A patch that holds only while the newest Secret is what was seen, and while no helm of ours is at work: it would write the old owner again. */
const changeOwner = (record: ReleaseRecord, labels: ReleaseLabels, deps: ChangeOwnerDeps, signal: AbortSignal): Promise<void> =>
  deps.busy.alone(record.release, async () => {
    await deps.records.relabel(record, labels, signal);
    await deps.releases.refresh(record.release, signal);
  });
