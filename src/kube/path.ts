import type { Resource } from "../runtime/object.ts";

/**
 * The path of a collection, or of one object in it: `/apis/apps/v1/namespaces/n/deployments/d/status`.
 * Without a namespace: the collection over all namespaces. Throws when an object of a namespaced resource is named without one.
 */
export const resourcePath = (
  resource: Resource,
  at: { readonly namespace?: string | undefined; readonly name?: string | undefined; readonly subresource?: string | undefined },
): string => {
  const { group, version, plural, namespaced } = resource;
  if (namespaced && at.name !== undefined && at.namespace === undefined) throw new Error(`${plural} "${at.name}" is addressed without a namespace`);
  const root = group === "" ? ["api", version] : ["apis", group, version];
  const scope = namespaced && at.namespace !== undefined ? ["namespaces", at.namespace] : [];
  const object = at.name === undefined ? [] : [at.name];
  const subresource = at.subresource === undefined ? [] : [at.subresource];
  return `/${[...root, ...scope, plural, ...object, ...subresource].map(encodeURIComponent).join("/")}`;
};
