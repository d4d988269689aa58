import { messageOf } from "../../base/errors.ts";
import { cutUtf8, oneLine } from "../../base/text.ts";
import type { ReleaseRef } from "../../helm/driver.ts";
import { isApiError, type ApiClient, type ResourceCatalog } from "../../runtime/api.ts";
import { apiVersionOf, type Resource } from "../../runtime/object.ts";
import { HELM_MANAGED_BY } from "../names.ts";
import type { ChartObserved } from "./observed.ts";
import { isKeptLive, isOfRelease } from "./release-objects.ts";

type Strays = Pick<ChartObserved, "strays" | "unseen">;

const NOTE_BYTES = 200;

/**
 * Objects of any kind, cluster-scoped ones too, that carry the annotations of a release whose record is gone. Kinds that the operator may
 * not list are passed over. So are those whose server does not answer, by name: an aggregated API may be away for good.
 */
export const findStrays = async (release: ReleaseRef, api: ApiClient & ResourceCatalog, signal: AbortSignal): Promise<Strays> => {
  const resources = await api.resources(signal);
  const found = await Promise.all(resources.map((resource) => straysOf(resource, release, api, signal)));
  return { strays: found.flatMap(({ strays }) => strays), unseen: found.flatMap(({ unseen }) => unseen) };
};

const straysOf = async (resource: Resource, release: ReleaseRef, api: ApiClient, signal: AbortSignal): Promise<Strays> => {
  try {
    const objects = await api.list(
      resource,
      {
        ...(resource.namespaced ? { namespace: release.namespace } : {}),
        labelSelector: `${HELM_MANAGED_BY.label}=${HELM_MANAGED_BY.value}`,
        metadataOnly: true,
      },
      signal,
    );
    const strays = objects
      .filter((object) => isOfRelease(object, release) && !isKeptLive(object))
      .map(({ metadata }) => ({
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        name: metadata.name,
        annotations: {},
      }));
    return { strays, unseen: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (isApiError(error, 403, 404, 405)) return { strays: [], unseen: [] };
    if (!isAway(resource, error)) throw error;
    return { strays: [], unseen: [`${resource.plural}.${resource.group} (${cutUtf8(oneLine(messageOf(error)), NOTE_BYTES, "…")})`] };
  }
};

/** No answer of a server behind the API server. What the API server itself has for every cluster, groups without a dot, tells whether it is well. */
const isAway = ({ group }: Resource, error: unknown): boolean =>
  group.includes(".") && isApiError(error) && (error.status === 0 || error.status >= 500);
