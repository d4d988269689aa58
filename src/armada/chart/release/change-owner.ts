import type { ReleaseLabels } from "../../../helm/driver.ts";
import type { ReleaseRecords, ReleaseStore } from "../../../helm/release.ts";
import { ApiError } from "../../../runtime/api.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import type { BusyReleases } from "./busy.ts";
import { mustHave, type ChartObserved, type Heir } from "../observed.ts";

export interface ChangeOwnerDeps {
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly busy: BusyReleases;
  /** Whether an ArmadaChart of that uid exists, from a fresh read. */
  readonly chartExists: (uid: string, signal: AbortSignal) => Promise<boolean>;
}

/** Of a release that is nobody's and whose inputs nobody knows: compared with what it was made from, and applied anew where that differs. */
const UNKNOWN_INPUTS = `adopted.${"0".repeat(40)}`;

const keptLabels = ({ record, epoch }: ChartObserved): Omit<ReleaseLabels, "owner"> => {
  const { revision, labels, labelsCurrent } = mustHave(record).newest;
  return { inputs: labelsCurrent && labels !== undefined ? labels.inputs : UNKNOWN_INPUTS, revision, epoch };
};

/** An owner that the caches do not know might still exist: a fresh read decides. */
export const take = async (chart: ArmadaChart, observed: ChartObserved, deps: ChangeOwnerDeps, signal: AbortSignal): Promise<void> => {
  const { ownership, inputsDigest } = observed;
  const owner = mustHave(observed.record).newest.labels?.owner;
  if (ownership.of === "nobody" && owner !== undefined && (await deps.chartExists(owner, signal))) {
    throw new ApiError(`release ${observed.release.name} has an owner that was not known`, { status: 409, reason: "Conflict" });
  }
  const inputs = ownership.of === "nobody" && ownership.agrees && inputsDigest !== undefined ? { inputs: inputsDigest } : {};
  await changeOwner(observed, { ...keptLabels(observed), ...inputs, owner: chart.metadata.uid }, deps, signal);
};

/** The chart that had the release before is its owner again. */
export const giveBack = (observed: ChartObserved, heir: Heir, deps: ChangeOwnerDeps, signal: AbortSignal): Promise<void> =>
  changeOwner(observed, { ...keptLabels(observed), owner: heir.uid }, deps, signal);

/** A patch that holds only while the newest Secret is what was seen, and while no helm of ours is at work: it would write the old owner again. */
const changeOwner = (observed: ChartObserved, labels: ReleaseLabels, deps: ChangeOwnerDeps, signal: AbortSignal): Promise<void> =>
  deps.busy.alone(observed.release, async () => {
    await deps.records.relabel(mustHave(observed.record), labels, signal);
    await deps.releases.refresh(observed.release, signal);
  });
