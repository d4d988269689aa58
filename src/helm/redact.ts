/**
 * Values reach helm's error texts: `fail` and `required` print them, so do schema errors (`'x' does not match pattern`) and the API
 * server (`Invalid value: "x"`). Nobody can tell from its look whether a value is secret, so every string of four characters and more
 * and every number of six digits and more is replaced by its place, `(value of .db.password)`, which also tells the reader where to
 * look. Base64, as charts write Secrets, and JSON escapes are replaced too. Left alone: words of the Kubernetes API below, and what the
 * caller names (release, namespace, chart path), which stands elsewhere in plain sight.
 */
export const redactValues = (text: string, values: Readonly<Record<string, unknown>>, keep: readonly string[] = []): string => {
  if (text === "") return text;
  const found = new Map<string, string>();
  for (const { path, value } of leavesOf(values, "")) {
    if (plainWords.has(value) || keep.includes(value)) continue;
    for (const form of formsOf(value)) if (text.includes(form) && !found.has(form)) found.set(form, path);
  }
  if (found.size === 0) return text;
  const pattern = [...found.keys()].sort((a, b) => b.length - a.length).map(patternOf);
  // One pass, longest first: what was put in is never searched again.
  return text.replaceAll(new RegExp(pattern.join("|"), "g"), (match) => `(value of ${found.get(match) ?? "a key"})`);
};

interface Leaf {
  readonly path: string;
  readonly value: string;
}

function* leavesOf(value: unknown, path: string): Generator<Leaf> {
  if (typeof value === "string" && value.trim().length >= 4) yield { path, value };
  else if (typeof value === "number" && String(value).length >= 6) yield { path, value: String(value) };
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* leavesOf(item, `${path}[${index}]`);
  else if (typeof value === "object" && value !== null) for (const [key, item] of Object.entries(value)) yield* leavesOf(item, `${path}.${key}`);
}

/** How a value may appear: as it is, trimmed, escaped as JSON and Go's `%q` do, as base64, and its longer lines one by one. */
const formsOf = (value: string): readonly string[] => {
  const lines = value.includes("\n") ? value.split("\n").filter((line) => line.trim().length >= 8) : [];
  return [
    ...new Set([value, value.trim(), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString("base64"), ...lines.map((line) => line.trim())]),
  ];
};

/** A short value counts as a word of its own only: `blog` must not eat a part of `blogger`. */
const patternOf = (form: string): string => {
  const literal = form.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return form.length >= 8 ? literal : `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`;
};

const plainWords: ReadonlySet<string> = new Set(
  (
    "true false null none default name type latest http https Always IfNotPresent Never OnFailure ClusterIP NodePort LoadBalancer ExternalName " +
    "ReadWriteOnce ReadWriteMany ReadOnlyMany ReadWriteOncePod RollingUpdate Recreate OnDelete Parallel OrderedReady ConfigMap Secret Service " +
    "Deployment StatefulSet DaemonSet Ingress Pod Prefix Exact ImplementationSpecific"
  ).split(" "),
);
