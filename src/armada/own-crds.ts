import { isApiError, type ApiClient } from "../runtime/api.ts";
import type { Resource } from "../runtime/object.ts";

const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/**
 * The CustomResourceDefinition of one of our own kinds is being deleted, and with it every object of the kind: nobody asked for the releases to
 * go. A fresh read; where it is not allowed, an object that is deleted is just that.
 */
export const isLosingItsApi = async ({ plural, group }: Resource, api: Pick<ApiClient, "get">, signal: AbortSignal): Promise<boolean> => {
  try {
    const definition = await api.get({ resource: CRDS, name: `${plural}.${group}` }, signal, { metadataOnly: true });
    return definition?.metadata.deletionTimestamp !== undefined;
  } catch (error) {
    if (isApiError(error, 403)) return false;
    throw error;
  }
};
