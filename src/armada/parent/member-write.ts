import { ApiError, isApiError, type ApiClient, type Patch } from "../../runtime/api.ts";
import type { KubeObject, Resource } from "../../runtime/object.ts";
import { CHARTS } from "../api/chart.ts";
import { GROUPS } from "../api/group.ts";
import { isChart, nameOf, type Member, type Parent } from "../estate/estate.ts";

export interface WriteDeps {
  readonly api: ApiClient;
  /** Takes what the API server returned for a member, so that the next look sees it. */
  readonly store: (member: KubeObject) => void;
}

export const resourceOf = (member: Member): Resource => (isChart(member) ? CHARTS : GROUPS);
export const refOf = (member: Member) => ({ resource: resourceOf(member), namespace: member.metadata.namespace, name: member.metadata.name });

/**
 * A member was written by what the caches said of it. A refusal of old news is none: another parent may have become the controller, or enabled
 * it, in the same moment. What is true now is taken, and decided on again.
 */
export const writeMember = async (member: Member, patch: Patch, { api, store }: WriteDeps, signal: AbortSignal): Promise<KubeObject> => {
  try {
    const written = await api.patch<KubeObject>(refOf(member), patch, signal);
    store(written);
    return written;
  } catch (error) {
    if (!isApiError(error, 422)) throw error;
    const live = await api.get<KubeObject>(refOf(member), signal);
    if (live === undefined || live.metadata.resourceVersion === member.metadata.resourceVersion) throw error;
    store(live);
    throw new ApiError(`${nameOf(member)} has changed since it was read`, { status: 409, reason: "Conflict", cause: error });
  }
};

/** What was decided on is not so any more; the watch brings the news. */
export const changed = (node: Member | Parent): ApiError =>
  new ApiError(`${nameOf(node)} has changed since it was read`, { status: 409, reason: "Conflict" });

/** A key in a JSON Pointer, RFC 6901. */
export const escape = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
