import type { Refuse } from "../../../helm/driver.ts";
import type { ApiClient, ObjectRef } from "../../../runtime/api.ts";
import { fieldsOf, textOf } from "../../readiness/fields.ts";

/** An object is where nobody may write for the chart. */
export class OutOfBoundsError extends Error {
  override readonly name = "OutOfBoundsError";
  readonly reason = "OutOfBounds";
  readonly class = "terminal";
}

/** The same requests; those that write, only where that is not refused. The others reject with {@link OutOfBoundsError}. */
export const boundedApi = (api: ApiClient, refuse: Refuse): ApiClient => {
  const check = ({ resource: { kind }, namespace, name }: ObjectRef, body?: unknown): void => {
    const object = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
    const refusal = refuse(object, "write", fieldsOf(body));
    if (refusal !== undefined) throw new OutOfBoundsError(refusal);
  };
  return {
    get: (ref, signal) => api.get(ref, signal),
    list: (resource, options, signal) => api.list(resource, options, signal),
    resolve: (apiVersion, kind, signal) => api.resolve(apiVersion, kind, signal),
    create: async (ref, body, signal) => {
      check({ ...ref, name: textOf(fieldsOf(fieldsOf(body)["metadata"])["name"]) ?? "" }, body);
      return api.create(ref, body, signal);
    },
    replace: async (ref, body, signal) => {
      check(ref, body);
      return api.replace(ref, body, signal);
    },
    patch: async (ref, patch, signal) => {
      check(ref);
      return api.patch(ref, patch, signal);
    },
    delete: async (ref, signal) => {
      check(ref);
      return api.delete(ref, signal);
    },
  };
};
