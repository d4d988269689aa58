import type { ArmadaChart } from "./chart.ts";

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
