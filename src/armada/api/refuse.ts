import type { ArmadaChart } from "./chart.ts";

/** A legacy field that would change where, what or in which order, and is not built yet: an object that uses it is not acted upon. */
interface Refusal {
  readonly path: string;
  /** One sentence with field, value and remedy, or undefined when the object may go on. */
  readonly refuse: (chart: ArmadaChart) => string | undefined;
}

const dependencies = ({ spec }: ArmadaChart): string | undefined =>
  spec.dependencies === undefined || spec.dependencies.length === 0
    ? undefined
    : `spec.dependencies names "${spec.dependencies.join('", "')}", but dependencies are not placed into charts yet: put them into the chart's own charts/ folder and make the list empty.`;

const REFUSED: readonly Refusal[] = [{ path: "dependencies", refuse: dependencies }];

/** Dotted paths, below `spec`, of chart fields that can be refused. */
export const REFUSED_CHART_FIELDS: readonly string[] = REFUSED.map(({ path }) => path);

/** Terminal sentences, one a field; empty when the chart may be acted upon. */
export const refusals = (chart: ArmadaChart): readonly string[] => REFUSED.flatMap(({ refuse }) => refuse(chart) ?? []);

/** Terminal sentence for a chart whose release would live where this operator may not, or cannot see it. */
export const namespaceRefusal = (
  { spec, metadata }: ArmadaChart,
  { crossNamespace, watched }: { readonly crossNamespace: boolean; readonly watched: readonly string[] },
): string | undefined => {
  const { namespace } = spec;
  if (namespace === undefined || namespace === "" || namespace === metadata.namespace) return undefined;
  if (!crossNamespace)
    return `spec.namespace is "${namespace}", and releases in other namespaces than their ArmadaChart's, here "${metadata.namespace ?? ""}", are off: start the operator with --cross-namespace=allow, or create the object in "${namespace}".`;
  return watched.length === 0 || watched.includes(namespace)
    ? undefined
    : `spec.namespace is "${namespace}", which is not among the namespaces that --watch-namespaces names: add it there, or choose another.`;
};
