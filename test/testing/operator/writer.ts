import { systemClock } from "../../../src/base/time/clock.ts";
import { fieldsOf, textOf } from "../../../src/armada/readiness/fields.ts";
import { KubeClient } from "../../../src/kube/client.ts";
import { loadKubeConfig } from "../../../src/kube/config.ts";
import { Discovery } from "../../../src/kube/discovery.ts";
import { KubeHttp } from "../../../src/kube/http.ts";
import type { ObjectRef } from "../../../src/runtime/api.ts";
import { resourceOf } from "./reader.ts";

/** What kubectl writes, without a process for each object. Rejects with what the API server says. */
export interface Writer {
  create(object: unknown): Promise<void>;
  /** `kubectl apply --server-side --force-conflicts`; `namespace` is for objects that name none. */
  apply(namespace: string, objects: readonly unknown[]): Promise<void>;
  /** `kubectl patch act/blog --type merge`. */
  patch(namespace: string, object: string, body: unknown): Promise<void>;
  /** `kubectl delete act/blog --wait=false`. */
  delete(namespace: string, object: string): Promise<void>;
  close(): Promise<void>;
}

const never = new AbortController().signal;

export const createWriter = async (kubeconfig: string): Promise<Writer> => {
  const http = new KubeHttp(await loadKubeConfig({ path: kubeconfig }));
  const api = new KubeClient({ http, discovery: new Discovery({ http, clock: systemClock }) });
  const refOf = async (object: unknown, otherwise?: string): Promise<ObjectRef> => {
    const { apiVersion, kind, metadata } = fieldsOf(object);
    const resource = await api.resolve(textOf(apiVersion) ?? "", textOf(kind) ?? "", never);
    if (resource === undefined) throw new Error(`the cluster does not serve ${String(kind)} of ${String(apiVersion)}`);
    const { name, namespace = otherwise } = fieldsOf(metadata);
    return { resource, name: textOf(name) ?? "", namespace: resource.namespaced ? textOf(namespace) : undefined };
  };
  const named = (namespace: string, object: string): ObjectRef => {
    const [kind = "", name = ""] = object.split("/");
    return { resource: resourceOf(kind), namespace, name };
  };
  return {
    create: async (object) => {
      await api.create(await refOf(object), object, never);
    },
    apply: async (namespace, objects) => {
      for (const object of objects)
        await api.patch(await refOf(object, namespace), { type: "apply", body: object, fieldManager: "test", force: true }, never);
    },
    patch: async (namespace, object, body) => {
      await api.patch(named(namespace, object), { type: "merge", body }, never);
    },
    delete: (namespace, object) => api.delete(named(namespace, object), never),
    close: () => http.close(),
  };
};
