import { effectiveTarget, isChart, isLibrary, isObserved, isTerminating, memberNames } from "./estate.ts";
import type { Estate, Member } from "./estate.ts";

/** Libraries, and what somebody has set to `uninstalled`. */
const skipped = (node: Member, estate: Estate): boolean => isLibrary(node) || effectiveTarget(node, estate) === "uninstalled";

const membersOf = (node: Member, estate: Estate): readonly (Member | undefined)[] =>
  isChart(node) ? [] : memberNames(node).map((name) => estate.member(node, name));

/** Deployed, and so is everything below it. `isCurrent`: its status counts. */
const isDeployed = (node: Member, estate: Estate, isCurrent: (node: Member) => boolean): boolean =>
  skipped(node, estate) ||
  (node.status?.actual_state === "deployed" &&
    isCurrent(node) &&
    membersOf(node, estate).every((member) => member !== undefined && isDeployed(member, estate, isCurrent)));

/** Deployed at its current generation, and so is everything below it. Libraries count as done, and what somebody set to `uninstalled` is skipped. */
export const isDone = (node: Member, estate: Estate): boolean => isDeployed(node, estate, isObserved);

/**
 * Done, or no more than looked at again because somebody applied its file once more: that is news for nobody. It is not done yet for those behind
 * it in a sequence.
 */
export const isStillDone = (node: Member, estate: Estate): boolean =>
  isDeployed(node, estate, (each) => isObserved(each) || isLookedAtAgain(each, estate));

/** What its status says is of an earlier generation that asked for the same. */
const isLookedAtAgain = (node: Member, estate: Estate): boolean =>
  !isTerminating(node) &&
  effectiveTarget(node, estate) === "deployed" &&
  node.status?.reason !== "Suspended" &&
  (node.status?.observedGeneration ?? -1) >= estate.unchangedSince(node);

/** Was ready once at its current generation, and so was everything below it. What is not there, or leaves, holds nobody up. */
export const wasReady = (node: Member, estate: Estate): boolean =>
  skipped(node, estate) ||
  isTerminating(node) ||
  (isObserved(node) &&
    (node.status?.ready_generation === node.metadata.generation || node.status?.actual_state === "uninitialized") &&
    membersOf(node, estate).every((member) => member === undefined || wasReady(member, estate)));

/** Nothing of it is installed, or it never was more than a library. */
export const isUninstalled = (member: Member): boolean => isLibrary(member) || (isObserved(member) && member.status?.actual_state === "uninstalled");
