import { isApiError, type ApiClient } from "../../../runtime/api.ts";
import { isMissing, type ObservedObject } from "./observed-object.ts";
import { NAMESPACES } from "./release-objects.ts";

/** `absent`: it does not exist, and the release does not bring it along. */
export interface ClosedNamespace {
  readonly name: string;
  readonly state: "terminating" | "absent";
}

type Reader = Pick<ApiClient, "get">;

export const isNamespaceTerminating = async (namespace: string, api: Reader, signal: AbortSignal): Promise<boolean> =>
  (await stateOf(namespace, api, signal)) === "terminating";

const stateOf = async (name: string, api: Reader, signal: AbortSignal): Promise<ClosedNamespace["state"] | "open"> => {
  const live = await api.get({ resource: NAMESPACES, name, metadataOnly: true }, signal);
  if (live === undefined) return "absent";
  return live.metadata.deletionTimestamp === undefined ? "open" : "terminating";
};

/**
 * Where what is missing cannot be put back yet. A fresh read; a namespace that may not be read counts as open: the API server tells when
 * something is made in it.
 */
export const closedNamespaces = async (objects: readonly ObservedObject[], api: Reader, signal: AbortSignal): Promise<readonly ClosedNamespace[]> => {
  const names = [...new Set(objects.filter(isMissing).flatMap(({ object }) => object.namespace ?? []))];
  const looks = names.map(async (name): Promise<readonly ClosedNamespace[]> => {
    const state = await stateOf(name, api, signal).catch((error: unknown): "open" => {
      if (isApiError(error, 403)) return "open";
      throw error;
    });
    const comesAlong = objects.some(({ object }) => object.apiVersion === "v1" && object.kind === "Namespace" && object.name === name);
    return state === "open" || (state === "absent" && comesAlong) ? [] : [{ name, state }];
  });
  return (await Promise.all(looks)).flat();
};
