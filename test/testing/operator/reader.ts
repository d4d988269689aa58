import { fieldsOf, listOf, textOf } from "../../../src/armada/readiness/fields.ts";
import { CHARTS } from "../../../src/armada/api/chart.ts";
import { GROUPS } from "../../../src/armada/api/group.ts";
import { MANIFESTS } from "../../../src/armada/api/manifest.ts";
import { loadKubeConfig } from "../../../src/kube/config.ts";
import { KubeHttp } from "../../../src/kube/http.ts";
import { resourcePath } from "../../../src/kube/path.ts";
import type { Resource } from "../../../src/runtime/object.ts";

/**
 * What `kubectl get` prints, without a process for each look: a test that waits looks many times a second, and each kubectl takes a tenth
 * of a second of a CPU.
 */
export interface Reader {
  /** `kubectl get act/blog -o json`; rejects when it is not there. */
  get(namespace: string, object: string): Promise<unknown>;
  /** The items of `kubectl get act -o json`; all namespaces when none is given. `selector`: of labels. */
  list(kind: string, at?: { readonly namespace?: string; readonly selector?: string }): Promise<readonly unknown[]>;
  /** `kubectl get act,secret -o name`. */
  names(namespace: string, kinds: string, selector?: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

const resource = (group: string, version: string, kind: string, plural: string): Resource => ({ group, version, kind, plural, namespaced: true });

/** By kubectl's short name. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  act: CHARTS,
  acg: GROUPS,
  amf: MANIFESTS,
  cm: resource("", "v1", "ConfigMap", "configmaps"),
  deploy: resource("apps", "v1", "Deployment", "deployments"),
  ing: resource("networking.k8s.io", "v1", "Ingress", "ingresses"),
  pod: resource("", "v1", "Pod", "pods"),
  pvc: resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
  rs: resource("apps", "v1", "ReplicaSet", "replicasets"),
  secret: resource("", "v1", "Secret", "secrets"),
  svc: resource("", "v1", "Service", "services"),
};

/** The other names that kubectl takes: `configmap`, `configmaps`. */
const KINDS: ReadonlyMap<string, Resource> = new Map(
  Object.entries(RESOURCES).flatMap(([short, found]) => [short, found.kind.toLowerCase(), found.plural].map((name) => [name, found] as const)),
);

/** Of a name that kubectl takes. */
export const resourceOf = (kind: string): Resource => {
  const found = KINDS.get(kind);
  if (found === undefined) throw new Error(`the reader does not know "${kind}": add it to RESOURCES`);
  return found;
};

const nameOf = ({ kind, group }: Resource, item: unknown): string =>
  `${kind.toLowerCase()}${group === "" ? "" : `.${group}`}/${textOf(fieldsOf(fieldsOf(item)["metadata"])["name"]) ?? ""}`;

export const createReader = async (kubeconfig: string): Promise<Reader> => {
  const http = new KubeHttp(await loadKubeConfig({ path: kubeconfig }));
  const read = async (path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<unknown> =>
    withoutManagers(JSON.parse(await http.text({ method: "GET", path, query }, new AbortController().signal)));
  const list: Reader["list"] = async (kind, { namespace, selector } = {}) =>
    listOf(fieldsOf(await read(resourcePath(resourceOf(kind), { namespace }), { labelSelector: selector }))["items"]);
  return {
    get: (namespace, object) => {
      const [kind = "", name] = object.split("/");
      return read(resourcePath(resourceOf(kind), { namespace, name }));
    },
    list,
    names: async (namespace, kinds, selector) => {
      const found = kinds.split(",").map(async (kind) => {
        const items = await list(kind, { namespace, ...(selector === undefined ? {} : { selector }) });
        return items.map((item) => nameOf(resourceOf(kind), item));
      });
      return (await Promise.all(found)).flat();
    },
    close: () => http.close(),
  };
};

/** kubectl does not show them either. */
const withoutManagers = (read: unknown): unknown => {
  for (const object of [read, ...listOf(fieldsOf(read)["items"])]) Reflect.deleteProperty(Object(fieldsOf(object)["metadata"]), "managedFields");
  return read;
};
