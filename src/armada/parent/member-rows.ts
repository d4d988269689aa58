import type { Waiting } from "../verdict.ts";
import { listed } from "../../base/text.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { isObserved, isSequenced, memberKind, nameOf, type Member } from "../estate/estate.ts";
import { outOfReach } from "../estate/out-of-reach.ts";
import { standingSince } from "../status.ts";
import { decision, type Context, type ParentDecision, type Row } from "./context.ts";
import { isDeployed, type ObservedMember } from "./observed.ts";

/** Somebody who is none of ours controls a member. */
const foreign: Row = (context) => {
  const [found] = context.observed.members.flatMap(({ name, tie }) => (tie?.tie === "foreign" ? [{ name, by: tie.by }] : []));
  if (found === undefined) return undefined;
  const member = `${memberKind(context.parent)} ${found.name}`;
  const remedy = "remove that owner reference, or remove the name from the list";
  return decision(context, {
    state: "error",
    reason: "MemberConflict",
    message: `${member} is controlled by ${found.by}, so it is neither enabled nor removed: ${remedy}`,
    stalled: true,
    waiting: { what: `for ${member} to lose its controller ${found.by}`, next: remedy },
  });
};

const ambiguous: Row = (context) => {
  const { observed, parent } = context;
  const found = observed.crossNamespace ? observed.members.find(({ member, namesakes }) => member === undefined && namesakes.length > 1) : undefined;
  if (found === undefined) return undefined;
  const [name, others] = [`${memberKind(parent)} ${found.name}`, listed(found.namesakes)];
  const remedy = "give the one you mean a unique name";
  return decision(context, {
    state: "error",
    reason: "MemberAmbiguous",
    message: `${name} is not in this namespace, and there are several elsewhere: ${others}; ${remedy}`,
    stalled: true,
    waiting: { what: `for one ${name} instead of several (${others})`, next: remedy },
  });
};

/** The one to enable next would get a release with too long a name. */
const nameTooLong: Row = (context) => {
  const { enable, members } = context.observed;
  const message = enable.flatMap(({ metadata }) => members.find(({ name }) => name === metadata.name)?.tooLong ?? [])[0];
  if (message === undefined) return undefined;
  const waiting = { what: `for a shorter name: ${message}`, next: "it will be enabled then" };
  return decision(context, { state: "error", reason: "InvalidSpec", message, stalled: true, waiting });
};

const missing: Row = (context) => {
  const found = context.observed.members.find(({ member }) => member === undefined);
  if (found === undefined) return undefined;
  const what = `${memberKind(context.parent)} ${found.name} to be created${outOfReach(found.namesakes)}`;
  return decision(context, {
    state: "pending",
    reason: "WaitingForMember",
    message: `waiting for ${what}`,
    waiting: { what: `for ${what}`, next: "it will be adopted then" },
  });
};

const failed: Row = (context) => {
  const found = context.observed.members.find(({ member, done }) => !done && member !== undefined && hasFailed(member))?.member;
  if (found === undefined) return undefined;
  const { actual_state: state, reason } = found.status ?? {};
  return decision(context, {
    state: "error",
    reason: "MemberFailed",
    message: `${nameOf(found)} is ${state ?? "failed"} (${reason ?? "no reason"}): ${wordsOf(found) ?? ""}`,
    waiting: faultOf(found, nextAfter(found, context)),
  });
};

const open: Row = (context) => {
  const found = notDone(context)?.member;
  if (found === undefined) return undefined;
  const message = `${nameOf(found)}: ${wordsOf(found) ?? "not seen yet"}`;
  return decision(context, {
    state: "running",
    reason: "MembersNotReady",
    message,
    waiting: { what: `for ${message}`, next: nextAfter(found, context), since: sinceOf(found) },
  });
};

/** A parent that was deployed stays so while members are looked at that ask for what they asked for before. */
const notDone = ({ parent: { status }, observed: { members } }: Context): ObservedMember | undefined => {
  const changed = members.find(({ stillDone }) => !stillDone);
  return changed ?? (status?.actual_state === "deployed" ? undefined : members.find(({ done }) => !done));
};

/** In the member's own words, with the cause and when it is tried again: so the cause of a failed chart stands on every parent of it. */
const faultOf = (member: Member, next: string): Waiting => {
  const sentence = member.status?.waiting_for;
  if (sentence === undefined) return { fault: `${nameOf(member)}: ${wordsOf(member) ?? "not seen yet"}`, next, since: sinceOf(member) };
  return { member: nameOf(member), sentence: sentence.startsWith("for ") ? `waiting ${sentence}` : sentence };
};

/** Since when the member is in the state that is spoken of. */
const sinceOf = (member: Member): string | undefined => (isNews(member) ? standingSince(member.status) : undefined);

/** What comes when the member is done; of one that somebody has stopped, what gets it going again. */
const nextAfter = (member: Member, { parent, observed }: Context): string => {
  if (isSuspended(member) && member.spec.suspend === true) return `set spec.suspend of ${nameOf(member)} to false to resume it`;
  const place = observed.members.findIndex((entry) => entry.member === member);
  const follower = isSequenced(parent) ? observed.members.slice(place + 1).find(({ done }) => !done) : undefined;
  return follower === undefined
    ? `this ${parent.kind} will be deployed when every member is`
    : `${memberKind(parent)} ${follower.name} will have its turn`;
};

const isSuspended = ({ status }: Member): boolean => status?.reason === "Suspended";

/** What a member says of the generation before this one is no news. A suspended one says so of any. */
const isNews = (member: Member): boolean => isObserved(member) || isSuspended(member);

const hasFailed = (member: Member): boolean => isNews(member) && ["failed", "error"].includes(member.status?.actual_state ?? "");

/** What a member says of itself. */
const wordsOf = (member: Member): string | undefined => {
  if (member.status === undefined) return undefined;
  // Its own words are of the time before it was on an active parent's list.
  if (isObserved(member) && member.status.actual_state === "uninitialized" && !isSuspended(member)) return "parked, and to be enabled next";
  return isNews(member) ? findCondition(member.status.conditions, "Ready")?.message : "it has changed and is being checked";
};

const allDone = (context: Context): ParentDecision =>
  decision(context, { state: "deployed", satisfied: true, reason: "MembersReady", message: allDeployed(context) });

const allDeployed = ({ parent, observed: { members } }: Context): string => {
  const skipped = members.flatMap(({ member, skipped: isSkipped }) => (isSkipped && member !== undefined ? [nameOf(member, parent)] : []));
  if (skipped.length === 0) return "every member is deployed";
  const [verb, whose] = skipped.length === 1 ? ["is", "its"] : ["are", "their"];
  const deployed = `${String(members.filter(isDeployed).length)} of ${String(members.length)} members`;
  return `${deployed} are deployed; ${listed(skipped)} ${verb} skipped, because ${whose} spec.target_state is uninstalled`;
};

const ROWS: readonly Row[] = [foreign, ambiguous, nameTooLong, missing, failed, open];

/** What an active parent says: of the first member with which something is wrong, otherwise of the first that is not done. */
export const summary = (context: Context): ParentDecision => {
  for (const row of ROWS) {
    const found = row(context);
    if (found !== undefined) return found;
  }
  return allDone(context);
};
