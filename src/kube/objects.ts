import { holdLarge } from "../base/json/held-json.ts";
import type { KubeObject, Resource } from "../runtime/object.ts";
import { apiVersionOf } from "../runtime/object.ts";
import { member } from "./unknown.ts";
import { malformed } from "./api-errors.ts";

/** How an object is read: `metadataOnly` drops the body of a server that sent it all the same. */
export interface ReadShape {
  readonly resource: Resource;
  readonly metadataOnly?: boolean | undefined;
}

/** `Accept` for reads of one object, or of a list. An object that cannot be had as metadata comes whole. */
export const acceptFor = (metadataOnly: boolean | undefined, what: "object" | "list"): string =>
  metadataOnly === true
    ? `application/json;as=${what === "list" ? "PartialObjectMetadataList" : "PartialObjectMetadata"};g=meta.k8s.io;v=v1,application/json`
    : "application/json";

// oxlint-disable typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- the edge: the port promises the caller's type
/**
 * An object fresh from the parser, as the program knows it: without `managedFields`, with the `apiVersion` and `kind` that items of lists
 * lack and metadata-only answers hide, and with what is large held as text. It is changed in place: nobody else has it.
 */
export const readObject = <T extends KubeObject>(raw: unknown, { resource, metadataOnly }: ReadShape): T => {
  const metadata = member(raw, "metadata");
  if (typeof raw !== "object" || raw === null || typeof metadata !== "object" || metadata === null) throw malformed(undefined);
  Reflect.deleteProperty(metadata, "managedFields");
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  if (metadataOnly === true) return { ...type, metadata } as T;
  holdLarge(raw);
  if (Reflect.get(raw, "kind") === undefined) return { ...type, ...raw, metadata } as T;
  return raw as T;
};
