import type { ReleaseRef } from "../../helm/driver.ts";
import { RELEASE_NAME_MAX, type ArmadaChart } from "../api/chart.ts";
import type { ArmadaChartGroup } from "../api/group.ts";
import type { ArmadaManifest } from "../api/manifest.ts";
import { isActive, isChart, isManifest, isTerminating, type Estate, type Member, type Parent } from "./estate.ts";
import { RELEASE_NAME, RELEASE_PREFIX } from "../names.ts";

/** Where its release lives: in the namespace that the spec names, or in the chart's own. */
const releaseNamespace = ({ metadata, spec }: ArmadaChart): string =>
  spec.namespace === undefined || spec.namespace === "" ? (metadata.namespace ?? "default") : spec.namespace;

const prefixed = (prefix: string | undefined, release: string): string => (prefix === undefined || prefix === "" ? release : `${prefix}-${release}`);

/**
 * What status calls the release that the chart has, or had before another chart took it: annotations go with a `kubectl replace`, status does
 * not. A release that was lost counts only while the spec still asks for it.
 */
export const nameInStatus = ({ spec, status }: ArmadaChart): string | undefined => {
  const { name, revision, superseded_by: by } = status?.release ?? {};
  if (name === undefined || revision !== undefined) return name;
  return by !== undefined && (name === spec.release || name.endsWith(`-${spec.release}`)) ? name : undefined;
};

/** The name stays what it was when helm first ran; before that it follows the spec, and the prefix that came with enabling. */
export const releaseOf = (chart: ArmadaChart, named: { readonly exists: boolean }): ReleaseRef => {
  const { [RELEASE_NAME]: noted, [RELEASE_PREFIX]: prefix } = chart.metadata.annotations ?? {};
  const recorded = nameInStatus(chart) ?? (named.exists ? noted : undefined);
  return { namespace: releaseNamespace(chart), name: recorded ?? prefixed(prefix, chart.spec.release) };
};

/** What a parent hands down with enabling: a manifest its prefix, a group the one it got when it was enabled itself. */
export const prefixOf = (parent: Parent): string | undefined => {
  if (!isManifest(parent)) return parent.metadata.annotations?.[RELEASE_PREFIX];
  return parent.spec.apply_release_prefix === false ? undefined : parent.spec.release_prefix;
};

/** The name that a parked member's release gets when the parent enables it; undefined for groups, and charts whose release has its name. */
export const nameAtEnabling = (parent: ArmadaChartGroup | ArmadaManifest, member: Member): string | undefined =>
  isChart(member) && nameInStatus(member) === undefined ? prefixed(prefixOf(parent), member.spec.release) : undefined;

type Lists = Pick<Estate, "parent" | "ownersOf" | "parentsListing">;

/** The name that the release of a parked chart gets, whichever parent enables it; undefined while they differ, or nobody is there to do it. */
export const nameWhenEnabled = (chart: ArmadaChart, estate: Lists): string | undefined => {
  const names = estate.parentsListing(chart).flatMap((parent) => prefixesFrom(parent, estate).map((prefix) => prefixed(prefix, chart.spec.release)));
  return new Set(names).size === 1 ? names[0] : undefined;
};

/** What a parent will hand down: one that is parked itself gets that from whoever enables it. */
const prefixesFrom = (parent: Parent, estate: Lists): readonly (string | undefined)[] => {
  if (isTerminating(parent)) return [];
  if (isManifest(parent) || isActive(parent, estate)) return [prefixOf(parent)];
  return estate.parentsListing(parent).flatMap((above) => prefixesFrom(above, estate));
};

/** One sentence: the name is longer than helm allows. */
export const tooLong = (parent: Parent, member: Member): string | undefined => {
  const name = nameAtEnabling(parent, member);
  if (name === undefined || name.length <= RELEASE_NAME_MAX) return undefined;
  return `the release of ${member.kind} ${member.metadata.name} would be called ${name}, which has ${String(name.length)} characters, and helm allows ${String(RELEASE_NAME_MAX)}: shorten its spec.release or the manifest's release_prefix`;
};
