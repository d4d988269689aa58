import { findCondition } from "../../../runtime/conditions.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { effectiveTarget, isActive, isSequenced, memberNames, olderFirst, type Estate, type Node, type Parent } from "../../estate/estate.ts";
import { ENABLED_BY } from "../../names.ts";

/** `kubectl` changes one object after the other, the operator looks at one after the other, and times in status have whole seconds. */
const SAME_INSTANT_MS = 5_000;

/** What becomes of a chart's claim to the release of another, its owner. */
export interface Claim {
  /** Both were enabled at once, so that neither had the release when the other was enabled: two new ones. */
  readonly together: boolean;
  /** The owner keeps the release, though this chart was parked and is enabled. */
  readonly stays: boolean;
}

/** Judged by what people asked for, and when; never by who acted first. */
export const claimAgainst = (owner: ArmadaChart, chart: ArmadaChart, estate: Estate, nowMs: number): Claim => {
  const enabledMs = enabledAtMs(chart, estate, nowMs);
  const laterMs = enabledMs - enabledAtMs(owner, estate, nowMs);
  const together = Math.abs(laterMs) <= SAME_INSTANT_MS && !wasReadyBy(owner, enabledMs);
  const isNew = (chart.status?.release?.claim ?? (together ? "new" : "due")) === "new";
  return { together, stays: isNew && comesFirst(owner, chart, laterMs, estate) };
};

const wasReadyBy = ({ status }: ArmadaChart, ms: number): boolean => {
  const ready = findCondition(status?.conditions, "Ready");
  return ready?.status === "True" && Date.parse(ready.lastTransitionTime ?? "") <= ms;
};

/** Of two new ones: the one that was enabled later takes the release of the other; at once, the later in a sequence that has both, or the older. */
const comesFirst = (owner: ArmadaChart, chart: ArmadaChart, laterMs: number, estate: Estate): boolean => {
  if (Math.abs(laterMs) > SAME_INSTANT_MS) return laterMs < 0;
  const order = orderOf(chart, owner, estate);
  return order === 0 ? olderFirst(owner, chart) < 0 : order < 0;
};

/** When somebody asked for the chart: that of the topmost parent that enabled it, in whole seconds where it stands in a status. */
const enabledAtMs = (node: Node, estate: Estate, nowMs: number): number => {
  const enabler = estate.parent(node.metadata.annotations?.[ENABLED_BY] ?? "");
  if (enabler !== undefined) return enabledAtMs(enabler, estate, nowMs);
  const unparkedMs = effectiveTarget(node, estate) === "deployed" ? unparkedAtMs(node, nowMs) : undefined;
  return unparkedMs ?? (Date.parse(node.metadata.creationTimestamp ?? "") || 0);
};

/** Undefined when it never was parked. */
const unparkedAtMs = ({ status }: Node, nowMs: number): number | undefined => {
  const parked = findCondition(status?.conditions, "Initializing");
  if (parked === undefined) return undefined;
  return parked.status === "True" || parked.lastTransitionTime === undefined ? nowMs : Date.parse(parked.lastTransitionTime);
};

/** Above 0: every sequence that has both puts the first one later; below: earlier; 0: none does, or they contradict each other. */
const orderOf = (one: ArmadaChart, other: ArmadaChart, estate: Estate): number => {
  const others = placesOf(other, estate);
  const signs = placesOf(one, estate).flatMap(({ parent, place }) =>
    others.filter((each) => each.parent === parent).map((each) => Math.sign(place - each.place)),
  );
  const [first = 0] = signs.filter((sign) => sign !== 0);
  return signs.every((sign) => sign === 0 || sign === first) ? first : 0;
};

interface Place {
  readonly parent: Parent;
  readonly place: number;
}

/** Where the chart, or a group of it, stands in the sequences of active parents. */
const placesOf = (node: Node, estate: Estate): readonly Place[] =>
  estate.parentsListing(node).flatMap((parent): readonly Place[] => {
    const above = placesOf(parent, estate);
    if (!isActive(parent, estate) || !isSequenced(parent)) return above;
    return [{ parent, place: memberNames(parent).indexOf(node.metadata.name) }, ...above];
  });
