/** `metav1.OwnerReference`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** `metav1.ObjectMeta` as the API server returns it; `managedFields` are stripped at the door. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Any object as the API server returns it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** An object whose fields beyond metadata are not known to this program. */
export interface DynamicObject extends KubeObject {
  readonly [field: string]: unknown;
}

/** One REST resource, e.g. `{group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true}`. The core group is `""`. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** `group/version`, or `version` for the core group. */
export const apiVersionOf = (resource: Pick<Resource, "group" | "version">): string =>
  resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;

/** `namespace/name`, or `name` for cluster-scoped objects: the key of stores and queues. */
export const keyOf = (object: { readonly metadata: Pick<ObjectMeta, "namespace" | "name"> }): string =>
  object.metadata.namespace === undefined ? object.metadata.name : `${object.metadata.namespace}/${object.metadata.name}`;

/** The namespace in such a key; empty for cluster-scoped objects. */
export const namespaceOfKey = (key: string): string => key.slice(0, Math.max(0, key.indexOf("/")));

/**
 * Which of two versions of one object is newer: negative when `a` is older, 0 when equal, positive when newer.
 * Resource versions of one resource are comparable integers (Kubernetes 1.35, KEP-5504).
 */
export const compareResourceVersions = (a: string, b: string): number => {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
};
