import type { Pass, Report } from "../../runtime/kernel.ts";
import type { ArmadaChartGroupStatus } from "../api/group.ts";
import { inertMessage } from "../api/inert.ts";
import { nameOf, type Parent } from "../estate.ts";
import type { ArmadaEvent, EffectReason } from "../events.ts";
import { commonStatus, isMinor, transitionEvent } from "../report.ts";
import type { Verdict } from "../verdict.ts";
import type { ParentAction } from "./action.ts";
import { parentJournal } from "./journal.ts";
import type { ParentObserved } from "./observed.ts";

type ParentPass = Pass<ParentObserved, ParentAction, Verdict>;

/** Status and events of a group or a manifest, from facts. Pure. */
export const reportParent = (parent: Parent, { observed, decision, outcomes }: ParentPass): Report<ArmadaChartGroupStatus> => {
  const common = commonStatus(parent, {
    nowMs: observed.nowMs,
    verdict: decision.verdict,
    attempts: parentJournal(parent, outcomes),
    owners: observed.owners,
    settled: decision.actions.length === 0,
    extra: { FieldsIgnored: inertMessage(parent.kind, parent.spec) },
  });
  const done = observed.members.filter((member) => member.done).length;
  return {
    minor: isMinor(parent.status, decision.verdict, parent.metadata.generation),
    status: { ...common, progress: `${String(done)}/${String(observed.members.length)}` },
    events: [...outcomes.flatMap((outcome) => memberEvent(parent, outcome)), ...transitionEvent(parent.status, decision.verdict)],
  };
};

const memberEvent = (parent: Parent, { action, error }: ParentPass["outcomes"][number]): readonly ArmadaEvent[] => {
  if (error !== undefined) return [];
  const { member, type } = action;
  const name = nameOf(member);
  const ran = member.status?.actual_state === "deployed" ? `; it ran before, and deleting this ${parent.kind} will delete it` : "";
  const notes: Readonly<Record<ParentAction["type"], readonly [EffectReason, string]>> = {
    adopt: ["Adopted", `${name} is now owned${ran}`],
    release: ["Released", `${name} is no longer owned and stays as it is`],
    enable: ["Enabled", `${name} was parked; its turn has come`],
    remove: ["Removed", `${name} is being deleted`],
  };
  const [reason, note] = notes[type];
  return [{ type: "Normal", reason, note }];
};
