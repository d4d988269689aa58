import type { ApiClient } from "../runtime/api.ts";
import type { KubeObject, Resource } from "../runtime/object.ts";
import { answered } from "./answered.ts";

export const DEFINITIONS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/**
 * An object that is deleted goes with the CustomResourceDefinition of its kind, which is being deleted or gone, or was made anew after the
 * object was marked: nobody asked for the releases to go. A fresh read; rejects when it gives no answer.
 */
export const isLosingItsApi = async (
  { metadata: { deletionTimestamp = "" } }: KubeObject,
  { plural, group }: Resource,
  api: Pick<ApiClient, "get">,
  signal: AbortSignal,
): Promise<boolean> => {
  const name = `${plural}.${group}`;
  const definition = await answered(
    `whether CustomResourceDefinition ${name} is being deleted`,
    api.get({ resource: DEFINITIONS, name, metadataOnly: true }, signal),
    "deploy/optional/without-namespace.yaml grants it",
  );
  if (definition === undefined || definition.metadata.deletionTimestamp !== undefined) return true;
  const { creationTimestamp = "" } = definition.metadata;
  return creationTimestamp > deletionTimestamp;
};
