import type { ArmadaChart } from "./chart.ts";
import type { ArmadaManifest } from "./manifest.ts";

/** A legacy field that would change where, what or in which order, and is not built yet: an object that uses it is not acted upon. */
interface Refusal {
  readonly path: string;
  /** One sentence with field, value and remedy, or undefined when the object may go on. */
  readonly refuse: (chart: ArmadaChart) => string | undefined;
}

const sourceType = ({ spec }: ArmadaChart): string | undefined =>
  spec.source.type === "local"
    ? undefined
    : `spec.source.type is "${spec.source.type}", but only local sources are supported yet: put the chart below a chart root of the operator and use type local.`;

const otherNamespace = ({ spec, metadata }: ArmadaChart): string | undefined =>
  spec.namespace === undefined || spec.namespace === "" || spec.namespace === metadata.namespace
    ? undefined
    : `spec.namespace is "${spec.namespace}", but a release goes to the namespace of its ArmadaChart only, here "${metadata.namespace ?? ""}": create the object in "${spec.namespace}", or remove spec.namespace.`;

const dependencies = ({ spec }: ArmadaChart): string | undefined =>
  spec.dependencies === undefined || spec.dependencies.length === 0
    ? undefined
    : `spec.dependencies names "${spec.dependencies.join('", "')}", but dependencies are not placed into charts yet: put them into the chart's own charts/ folder and make the list empty.`;

const REFUSED: readonly Refusal[] = [
  { path: "source.type", refuse: sourceType },
  { path: "namespace", refuse: otherNamespace },
  { path: "dependencies", refuse: dependencies },
];

/** Dotted paths, below `spec`, of chart fields that can be refused. */
export const REFUSED_CHART_FIELDS: readonly string[] = REFUSED.map(({ path }) => path);

/** Terminal sentences, one a field; empty when the chart may be acted upon. */
export const refusals = (chart: ArmadaChart): readonly string[] => REFUSED.flatMap(({ refuse }) => refuse(chart) ?? []);

/**
 * Terminal sentence for a manifest whose prefix would have to travel to a group that it enables; undefined when the prefix changes nothing:
 * groups and charts that start on their own get none.
 * @param parkedGroups names of listed groups that are parked, which this manifest would enable
 */
export const prefixRefusal = ({ spec }: ArmadaManifest, parkedGroups: readonly string[]): string | undefined =>
  spec.release_prefix === undefined || spec.release_prefix === "" || parkedGroups.length === 0
    ? undefined
    : `spec.release_prefix is "${spec.release_prefix}", but prefixes are not given to parked groups yet (parked: ${parkedGroups.join(", ")}): remove spec.release_prefix, or set target_state: deployed on the groups.`;
