import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ApiClient, ObjectRef } from "../../../runtime/api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { groupOf } from "../../readiness/fields.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";

/** Where an object of a release is. `home`: the release's namespace. */
export const refOf = ({ namespace, name }: ReleaseObject, resource: Resource, home: string): ObjectRef => ({
  resource,
  namespace: resource.namespaced ? (namespace ?? home) : undefined,
  name,
});

/** Who an object is, in whichever version of its group it is written. Only of objects that {@link locator} has placed. */
export const identityOf = ({ apiVersion, kind, namespace = "", name }: ReleaseObject): string =>
  [groupOf(apiVersion), kind, namespace, name].join("/");

/**
 * Places objects where they are: with the release's namespace where their manifest writes none, without any where their kind has none.
 * A kind that is not served counts as one with namespaces.
 */
export const locator = async (
  objects: readonly ReleaseObject[],
  home: string,
  api: Pick<ApiClient, "resolve">,
  signal: AbortSignal,
): Promise<(object: ReleaseObject) => ReleaseObject> => {
  const resources = new Map<string, Resource | undefined>();
  for (const { apiVersion, kind } of objects) {
    const key = `${apiVersion}/${kind}`;
    if (!resources.has(key)) resources.set(key, await api.resolve(apiVersion, kind, signal));
  }
  return (object) => located(object, resources.get(`${object.apiVersion}/${object.kind}`), home);
};

const located = (object: ReleaseObject, resource: Resource | undefined, home: string): ReleaseObject => {
  const { namespace: written = home, ...rest } = object;
  const namespace = resource === undefined ? written : refOf(object, resource, home).namespace;
  return namespace === undefined ? rest : { ...rest, namespace };
};

/** Of several that are one object, the last: helm makes them in their order, and each replaces the one before. */
export const lastOfEach = <T>(items: readonly T[], objectOf: (item: T) => ReleaseObject): readonly T[] => {
  const last = new Map(items.map((item) => [identityOf(objectOf(item)), item]));
  return items.filter((item) => last.get(identityOf(objectOf(item))) === item);
};

/** `namespace/name`. */
export const keyOfRelease = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;
