import type { Clock } from "../../base/time/clock.ts";
import { isRecord } from "../../base/json/json.ts";
import { sendLocal } from "./http.ts";

/** How to reach the API server. */
export interface Access {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

const pollMs = 25;
const readyWithinMs = 60_000;

const node = (name: string): unknown => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name,
    annotations: { "kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0" },
    labels: {
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      "node-role.kubernetes.io/worker": "",
    },
  },
});

/** Binds claims at once; the stages of kwok provision it. */
const storageClass: unknown = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kwok.x-k8s.io/volume",
  reclaimPolicy: "Delete",
  volumeBindingMode: "Immediate",
};

const create = async (access: Access, path: string, body: unknown, signal: AbortSignal): Promise<void> => {
  const { status, text } = await sendLocal({ ...access, url: `${access.server}${path}`, method: "POST", body }, signal);
  if (status !== 201) throw new Error(`Cannot create an object at ${path}: the API server responded with ${status}: ${text.slice(0, 200)}`);
};

/** Three nodes `node-1` … `node-3` and the default StorageClass `standard`. */
export const createNodes = async (access: Access, signal: AbortSignal): Promise<void> => {
  const names = ["node-1", "node-2", "node-3"];
  await Promise.all([
    ...names.map((name) => create(access, "/api/v1/nodes", node(name), signal)),
    create(access, "/apis/storage.k8s.io/v1/storageclasses", storageClass, signal),
  ]);
};

const at = (value: unknown, key: string): unknown => (isRecord(value) ? value[key] : undefined);
const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Ready, and free of taints when something (the controller manager) takes them off. */
export const isReady = (candidate: unknown, options: { readonly withoutTaints: boolean }): boolean =>
  items(at(at(candidate, "status"), "conditions")).some((condition) => at(condition, "type") === "Ready" && at(condition, "status") === "True") &&
  (!options.withoutTaints || items(at(at(candidate, "spec"), "taints")).length === 0);

/** Resolves when every node is ready to take pods; rejects after 60 s. */
export const nodesReady = async (
  access: Access,
  deps: { readonly clock: Clock; readonly withoutTaints: boolean },
  signal: AbortSignal,
): Promise<void> => {
  const deadline = deps.clock.monotonic() + readyWithinMs;
  while (deps.clock.monotonic() < deadline) {
    const { status, text } = await sendLocal({ ...access, url: `${access.server}/api/v1/nodes` }, signal);
    if (status === 200 && items(at(JSON.parse(text), "items")).every((candidate) => isReady(candidate, deps))) return;
    await deps.clock.sleep(pollMs, signal);
  }
  throw new Error(`The nodes are not ready after ${readyWithinMs / 1000} s: see the logs of kwok and kube-controller-manager`);
};
