import { ApiError, type Serving } from "../runtime/api.ts";
import type { ServedVersion } from "./served-resources.ts";

/** Groups to which Kubernetes has moved kinds of others, the objects with them. */
const MOVED_GROUPS: Readonly<Record<string, readonly string[]>> = { extensions: ["apps", "networking.k8s.io"] };

/** What an answer of aggregated discovery says of a kind in a version. @throws {ApiError} when the group's own server is away */
export const servingOf = (groups: ReadonlyMap<string, readonly ServedVersion[]>, apiVersion: string, kind: string): Serving => {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  const versions = [group, ...(MOVED_GROUPS[group] ?? [])].flatMap((name) => groups.get(name) ?? []);
  if (versions.some(({ stale }) => stale))
    throw new ApiError(`the API server cannot discover ${apiVersion}: the aggregated API server behind it does not respond`, {
      status: 503,
      reason: "Stale",
    });
  const having = versions.filter(({ kinds }) => kinds.has(kind));
  if (having.some((version) => version.apiVersion === apiVersion)) return "served";
  return having[0] === undefined ? "gone" : { movedTo: having[0].apiVersion };
};
