import type { ReleaseRef } from "../../helm/driver.ts";
import { isApiError, type ApiClient, type ResourceCatalog } from "../../runtime/api.ts";
import { apiVersionOf, type Resource } from "../../runtime/object.ts";
import { HELM_MANAGED_BY } from "../names.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";
import { isKeptLive, isOfRelease } from "./release-objects.ts";

/**
 * Objects of any kind, cluster-scoped ones too, that carry the annotations of a release whose record is gone.
 * Kinds that the operator may not list are passed over.
 */
export const findStrays = async (release: ReleaseRef, api: ApiClient & ResourceCatalog, signal: AbortSignal): Promise<readonly ReleaseObject[]> => {
  const resources = await api.resources(signal);
  const found = await Promise.all(resources.map((resource) => strayOf(resource, release, api, signal)));
  return found.flat();
};

const strayOf = async (resource: Resource, release: ReleaseRef, api: ApiClient, signal: AbortSignal): Promise<readonly ReleaseObject[]> => {
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
    return objects
      .filter((object) => isOfRelease(object, release) && !isKeptLive(object))
      .map(({ metadata }) => ({
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        name: metadata.name,
        annotations: {},
      }));
  } catch (error) {
    if (isApiError(error, 403, 404, 405)) return [];
    throw error;
  }
};
