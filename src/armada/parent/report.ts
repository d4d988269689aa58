import type { Pass, Report } from "../../runtime/reconcile/kind.ts";
import type { ArmadaChartGroupStatus } from "../api/group.ts";
import { inertMessage } from "../api/inert.ts";
import { nameOf, type Member, type Parent } from "../estate/estate.ts";
import type { ArmadaEvent, EffectReason } from "../events.ts";
import { commonStatus, isMinor, transitionEvent } from "../status.ts";
import { fitted } from "../status-size.ts";
import type { Verdict } from "../verdict.ts";
import type { MemberAction, ParentAction } from "./action.ts";
import { isDeployed, type ParentObserved } from "./observed.ts";
import { retryOf } from "./retry.ts";

type ParentPass = Pass<ParentObserved, ParentAction, Verdict>;

/** Status and events of a group or a manifest, from facts. Pure. */
export const reportParent = (parent: Parent, { observed, decision, outcomes }: ParentPass): Report<ArmadaChartGroupStatus> => {
  const namesakes = namesakesOf(parent, observed);
  const common = commonStatus(parent, {
    nowMs: observed.nowMs,
    verdict: decision.verdict,
    attempts: retryOf(parent, outcomes),
    owners: observed.owners,
    settled: decision.actions.length === 0,
    extra: {
      SourceStale: observed.unreadableSources,
      FieldsIgnored: inertMessage(parent.kind, parent.spec),
      NamesakeIgnored: namesakes,
    },
  });
  return {
    minor: isMinor(parent.status, decision.verdict, parent.metadata.generation),
    status: fitted({ ...common, progress: progressOf(observed) }),
    events: [
      ...outcomes.flatMap((outcome) => memberEvent(parent, outcome)),
      ...namesakeEvent(parent, namesakes),
      ...transitionEvent(parent.status, decision.verdict),
    ],
  };
};

/** A skipped member holds up nobody, but is not deployed. */
const progressOf = ({ target, members }: ParentObserved): string => {
  const reached = members.filter((member) => (target === "uninstalled" ? member.uninstalled : isDeployed(member)));
  return `${String(reached.length)}/${String(members.length)}`;
};

/** Members that were found keep their place: others of their name are said, and nothing is done with them. */
const namesakesOf = (parent: Parent, { members }: ParentObserved): string | undefined => {
  const sentences = members.flatMap(({ member, namesakes }) =>
    member === undefined || namesakes.length === 0 ? [] : [`${nameOf(member, parent)} stays the member; not checked: ${namesakes.join(", ")}`],
  );
  return sentences.length === 0 ? undefined : sentences.join("; ");
};

const namesakeEvent = ({ status }: Parent, message: string | undefined): readonly ArmadaEvent[] =>
  message === undefined || status?.conditions?.some((condition) => condition.type === "NamesakeIgnored" && condition.message === message) === true
    ? []
    : [{ type: "Warning", reason: "NamesakeIgnored", note: message }];

const memberEvent = (parent: Parent, { action, error }: ParentPass["outcomes"][number]): readonly ArmadaEvent[] => {
  if (error !== undefined || action.type === "deleteSentinel") return [];
  const { member, type } = action;
  const name = nameOf(member, parent);
  const [reason, note] = noteOf(type, member, parent);
  return [{ type: "Normal", reason, note: `${name} ${note}` }];
};

const noteOf = (type: MemberAction["type"], member: Member, { kind, spec }: Parent): readonly [EffectReason, string] => {
  const goes = spec.deletion_policy !== "orphan";
  const ran = member.status?.actual_state === "deployed" && goes ? `; it ran before, and deleting this ${kind} will delete it` : "";
  const notes: Readonly<Record<MemberAction["type"], readonly [EffectReason, string]>> = {
    adopt: ["Adopted", `is now owned${ran}`],
    promote: ["Promoted", `is now controlled by this ${kind}: its former controller no longer exists`],
    disown: ["Disowned", `is no longer owned by this ${kind} and stays as it is`],
    enable: ["Enabled", "was parked and is now enabled"],
    uninstall: ["HandedDown", "is being uninstalled"],
    remove: ["Removed", "is being deleted"],
  };
  return notes[type];
};
