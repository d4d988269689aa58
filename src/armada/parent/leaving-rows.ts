import { listed } from "../../base/text.ts";
import { isTerminating, nameOf } from "../estate/estate.ts";
import { inLeavingOrder } from "../estate/sequence.ts";
import type { Reason } from "../verdict.ts";
import type { ParentAction } from "./action.ts";
import { BATCH, decision, isAlone, disowning, onEach, type Context, type ParentDecision, type Row } from "./context.ts";
import type { ObservedMember, Orphaning, ParentObserved } from "./observed.ts";

/** Being deleted. */
export const removing: Row = (context) => {
  const { parent, observed } = context;
  if (!isTerminating(parent)) return undefined;
  if (observed.orphaning !== undefined) return orphaning(context, observed.orphaning);
  if (!observed.removalTurn.ready) {
    const { waitingFor: what, untilMs } = observed.removalTurn;
    return decision(
      context,
      {
        state: "running",
        reason: "WaitingForTurn",
        message: `waiting for its turn to be removed: ${what}`,
        waiting: { what: `for ${what}`, next: "its members will be removed then" },
      },
      [],
      { wakeAtMs: untilMs },
    );
  }
  return removal(context);
};

const ownedOf = ({ members, dropped }: ParentObserved): readonly ObservedMember[] =>
  [...members, ...dropped].filter(({ member, tie }) => member !== undefined && tie?.tie === "owned");

/** What it alone owns goes, in order; shared members lose its mark. */
const removal = (context: Context): ParentDecision => {
  const { parent, observed } = context;
  const owned = ownedOf(observed);
  if (owned.length === 0) return gone(context, "UninstallSuccessful", "every member it alone owned has been removed");
  const left = owned.filter(isAlone).flatMap(({ member }) => member ?? []);
  const shown = listed(inLeavingOrder(parent, left).map((member) => nameOf(member, parent)));
  return decision(
    context,
    {
      state: "running",
      reason: "RemovingMembers",
      message: left.length === 0 ? "disowning the members that others own too" : `removing its members: ${shown}`,
      waiting: {
        what: left.length === 0 ? "for members that others own too to be disowned" : `for ${shown} to be deleted`,
        next: "this object will be removed then",
      },
    },
    [...disowning(owned.filter((entry) => !isAlone(entry))), ...onEach("remove", observed.remove)],
  );
};

const WHY_ORPHANED: Readonly<Record<Orphaning, string>> = {
  policy: "spec.deletion_policy is orphan",
  cascade: "it is deleted with --cascade=orphan",
  crd: "its CustomResourceDefinition is being deleted",
};

/** Members stay and run; nobody owns them in this object's name any more. */
const orphaning = (context: Context, why: Orphaning): ParentDecision => {
  const { observed } = context;
  const reason = why === "crd" ? "LettingGo" : "Orphaning";
  const message = `${WHY_ORPHANED[why]}: its members stay as they are`;
  const owned = ownedOf(observed);
  if (owned.length === 0 && !observed.beingOrphaned) return gone(context, reason, message);
  return decision(
    context,
    { state: "running", reason, message, waiting: { what: "for its members to be disowned", next: "this object will be removed then" } },
    disowning(owned).slice(0, BATCH),
  );
};

/** Nothing is left that it must see to, but perhaps its sentinel. */
const gone = (context: Context, reason: Reason, message: string): ParentDecision =>
  decision(
    context,
    { state: "uninstalled", reason, message, waiting: { what: "for its finalizer to be removed", next: "the object will be deleted then" } },
    context.observed.sentinel ? [{ type: "deleteSentinel" }] : [],
    { gone: !context.observed.sentinel },
  );

/** Asked to be uninstalled: hands that down to what it alone owns, in reverse. */
export const uninstalling: Row = (context) => {
  const { parent, observed } = context;
  if (observed.target !== "uninstalled") return undefined;
  const owned = observed.members.filter(({ tie }) => tie?.tie === "owned");
  const open = owned.filter((entry) => isAlone(entry) && !entry.uninstalled).flatMap(({ member }) => member ?? []);
  const shared = owned.filter((entry) => !isAlone(entry)).map(({ name }) => name);
  const actions = [...onEach("uninstall", observed.uninstall), ...leaving(context)].slice(0, BATCH);
  if (open.length === 0) {
    const aside = shared.length === 0 ? "" : `; others own these too, so they stay: ${listed(shared)}`;
    const message = `every member it alone owns is uninstalled${aside}`;
    return decision(context, { state: "uninstalled", satisfied: true, reason: "UninstallSuccessful", message }, actions);
  }
  const shown = listed(inLeavingOrder(parent, open).map((member) => nameOf(member, parent)));
  return decision(
    context,
    {
      state: "running",
      reason: "UninstallingMembers",
      message: `uninstalling its members: ${shown}`,
      waiting: { what: `for ${shown} to be uninstalled`, next: "it will be uninstalled then" },
    },
    actions,
  );
};

/** Members that have left the list are disowned, or with `prune` deleted if nobody else owns them. */
export const leaving = ({ parent, observed }: Context): readonly ParentAction[] => {
  const dropped = observed.dropped.filter(({ member }) => member !== undefined && !isTerminating(member));
  const pruned = dropped.filter((entry) => parent.spec.prune === true && isAlone(entry));
  const disowned = dropped.filter((entry) => !pruned.includes(entry));
  return [
    ...disowning(disowned),
    ...onEach(
      "remove",
      pruned.flatMap(({ member }) => member ?? []),
    ),
  ];
};
