/** What a path of the API server leads to, as {@link resourcePath} writes it. */
export interface Asked {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Absent for resources without namespaces, and for the collection over all namespaces. */
  readonly namespace?: string;
  /** Absent for collections. */
  readonly name?: string;
}

/** `none`: it leads to no resource, but to what the server says of itself. Undefined: what the server makes of it is not known here. */
export const parseRequestPath = (path: string): Asked | "none" | undefined => {
  const [first, ...rest] = path.split("/");
  const segments = rest.map(decoded);
  if (first !== "" || !segments.every((segment) => segment !== undefined)) return undefined;
  const [root = "", ...below] = segments;
  if (root !== "api" && root !== "apis") return "none";
  const [group, version, ...place] = root === "api" ? ["", ...below] : below;
  if (group === undefined || version === undefined || place.length === 0) return "none";
  return placed({ group, version }, place);
};

/** A name that means another one to whoever decodes it once more, or a step up, is none. */
const decoded = (segment: string): string | undefined => {
  try {
    const text = decodeURIComponent(segment);
    return text === "" || text === "." || text === ".." || /[/%]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
};

/** Of a Namespace itself. */
const OWN_SUBRESOURCES = new Set(["status", "finalize"]);

const placed = (group: Pick<Asked, "group" | "version">, [first = "", ...rest]: readonly string[]): Asked | undefined => {
  // `watch/…`, as before Kubernetes 1.11: the same objects by another name.
  if (first === "watch") return undefined;
  const [namespace, plural, name] = rest;
  const isPrefix = first === "namespaces" && namespace !== undefined && plural !== undefined && !(group.group === "" && OWN_SUBRESOURCES.has(plural));
  if (isPrefix) return { ...group, plural, namespace, ...(name === undefined ? {} : { name }) };
  return { ...group, plural: first, ...(namespace === undefined ? {} : { name: namespace }) };
};
