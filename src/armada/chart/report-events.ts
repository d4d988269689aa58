import { assertNever } from "../../base/errors.ts";
import type { ArmadaChart } from "../api/chart.ts";
import type { ArmadaEvent, EffectReason } from "../events.ts";
import { isHelmRun, listObjects, type ChartAction, type HelmAction } from "./action.ts";
import { warningsOf, type ChartOutcome } from "./decision/journal.ts";
import type { ChartObserved } from "./observed.ts";

const EVENTS: Readonly<Record<ChartAction["type"], EffectReason | undefined>> = {
  recordName: undefined,
  install: "Installed",
  upgrade: "Upgraded",
  uninstall: "Uninstalled",
  restamp: undefined,
  relabel: "LabelCorrected",
  take: "ReleaseTaken",
  giveBack: "ReleaseReturned",
  unlock: "Unlocked",
  restore: "Restored",
  prune: "Pruned",
  purge: "ReleaseGone",
};

/** One event an effect that was made. Failures show as the transition they cause. */
export const outcomeEvents = (observed: ChartObserved, outcomes: readonly ChartOutcome[]): readonly ArmadaEvent[] =>
  outcomes.flatMap((outcome): readonly ArmadaEvent[] => {
    const { action, error } = outcome;
    const told = warningsOf(outcome).map((note): ArmadaEvent => ({ type: "Warning", reason: "APIServerWarning", note }));
    const reason = EVENTS[action.type];
    const note = noteOf(action, observed);
    if (error !== undefined || reason === undefined || note === undefined) return told;
    return [...told, { type: "Normal", reason, note }];
  });

/** Undefined of what nobody asks about. */
const noteOf = (action: ChartAction, observed: ChartObserved): string | undefined => {
  const { name } = observed.release;
  const revision = revisionOf(observed);
  if (isHelmRun(action)) return helmNote(action, `release ${name}`, revision);
  switch (action.type) {
    case "restore":
      return `put back what was deleted: ${listObjects(action.objects)}; release ${name} stays at${revision}`;
    case "prune":
      return `removed ${listObjects(action.objects)}`;
    case "relabel":
      return `the label status of${revision} was ${action.was}, but the release in it is ${action.record.newest.status}: corrected`;
    case "take":
      return `release ${name}, ${action.whose}, is now owned by this ArmadaChart`;
    case "giveBack":
      return `release ${name} was returned to ${action.heir.name}, which had it before`;
    case "unlock":
      return `release ${name}${revision} was locked by a helm process that no longer runs; marked failed`;
    case "purge":
      return `release ${name} was removed`;
    case "recordName":
    case "restamp":
      return undefined;
    default:
      return assertNever(action);
  }
};

const revisionOf = ({ record }: ChartObserved): string => (record === undefined ? "" : ` revision ${String(record.newest.revision)}`);

const helmNote = (action: HelmAction, release: string, revision: string): string =>
  action.type === "uninstall" ? `helm uninstall: ${release}` : `helm ${action.type}: ${release}${revision} (${action.because})`;

/** Somebody ran helm by hand: told once, when the revision is first seen. */
export const foreignRevision = (chart: ArmadaChart, { record, ownership, release }: ChartObserved): readonly ArmadaEvent[] => {
  const newest = record?.newest;
  if (newest === undefined || ownership.of !== "ours" || newest.labelsCurrent || chart.status?.release?.revision === newest.revision) return [];
  return [
    {
      type: "Warning",
      reason: "ForeignRevision",
      note: `revision ${String(newest.revision)} of release ${release.name} was not made by this operator; applying the desired inputs again`,
    },
  ];
};
