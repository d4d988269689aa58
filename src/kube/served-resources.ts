import type { Resource } from "../runtime/object.ts";
import { malformed } from "./api-errors.ts";
import { arrayMember, member, stringMember } from "./unknown.ts";

/** Aggregated discovery (Kubernetes 1.30): every group, version and resource in one answer for `/api` and one for `/apis`. */
export const AGGREGATED_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** From `APIGroupDiscoveryList`: what can be listed and deleted, each resource once, in the first version that its group prefers for it. */
export const parseServedResources = (list: unknown): readonly Resource[] => {
  if (stringMember(list, "kind") !== "APIGroupDiscoveryList") throw malformed(undefined);
  return arrayMember(list, "items").flatMap((item) => {
    const byPlural = new Map<string, Resource>();
    for (const resource of arrayMember(item, "versions").flatMap((version) =>
      parseVersion(stringMember(member(item, "metadata"), "name") ?? "", version),
    )) {
      if (!byPlural.has(resource.plural)) byPlural.set(resource.plural, resource);
    }
    return [...byPlural.values()];
  });
};

/** A version of a group, and the kinds it has. */
export interface ServedVersion {
  readonly apiVersion: string;
  readonly kinds: ReadonlySet<string>;
  /** What an aggregated API server said before it went away. */
  readonly stale: boolean;
}

/** From the same list: the versions of each group, in the order of its preference. */
export const parseServedVersions = (list: unknown): ReadonlyMap<string, readonly ServedVersion[]> => {
  if (stringMember(list, "kind") !== "APIGroupDiscoveryList") throw malformed(undefined);
  return new Map(
    arrayMember(list, "items").map((item) => {
      const group = stringMember(member(item, "metadata"), "name") ?? "";
      const versions = arrayMember(item, "versions").map((entry) => ({
        apiVersion: [group, stringMember(entry, "version") ?? ""].filter((part) => part !== "").join("/"),
        kinds: new Set(arrayMember(entry, "resources").flatMap((resource) => stringMember(member(resource, "responseKind"), "kind") ?? [])),
        stale: stringMember(entry, "freshness") === "Stale",
      }));
      return [group, versions];
    }),
  );
};

const parseVersion = (group: string, entry: unknown): readonly Resource[] =>
  arrayMember(entry, "resources").flatMap((resource) => {
    const version = stringMember(entry, "version");
    const plural = stringMember(resource, "resource");
    const kind = stringMember(member(resource, "responseKind"), "kind");
    const verbs = arrayMember(resource, "verbs");
    if (version === undefined || plural === undefined || kind === undefined || !verbs.includes("list") || !verbs.includes("delete")) return [];
    return [{ group, version, plural, kind, namespaced: member(resource, "scope") === "Namespaced" }];
  });
