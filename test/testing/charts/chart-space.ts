import { expect } from "@jest/globals";
import type { ArmadaChart, ArmadaChartSpec, ArmadaChartStatus } from "../../../src/armada/api/chart.ts";
import { CHARTS } from "../../../src/armada/api/chart.ts";
import { REQUESTED_AT } from "../../../src/armada/names.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { messageOf } from "../../../src/base/errors.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import type { ObjectRef } from "../../../src/runtime/api.ts";
import type { DynamicObject, Resource } from "../../../src/runtime/object.ts";
import { eventually } from "../eventually.ts";

const live = new AbortController().signal;

/** What `apply` says of a chart; the release is called like the chart, and the source is the folder `chart`. */
export type SpecPart = Partial<Omit<ArmadaChartSpec, "source">> & { readonly chart: string; readonly interval?: number };

export interface Told {
  readonly reason: string;
  readonly type: string;
  readonly note: string;
}

/** One namespace and the questions that tests ask in it. */
export interface Space {
  readonly namespace: string;
  /** Creates or changes the ArmadaChart by server-side apply: fields left out are removed. */
  apply(name: string, spec: SpecPart): Promise<ArmadaChart>;
  chart(name: string): Promise<ArmadaChart | undefined>;
  /** Waits until status, at the present generation, contains `expected`; returns it. */
  status(name: string, expected: object, withinMs?: number): Promise<ArmadaChartStatus>;
  /** Waits until the ArmadaChart is gone. */
  gone(name: string, withinMs?: number): Promise<void>;
  deleteChart(name: string): Promise<void>;
  /** Writes the request annotation with a new value, and returns it. */
  request(name: string): Promise<string>;
  get(kind: string, name: string): Promise<DynamicObject | undefined>;
  list(kind: string): Promise<readonly DynamicObject[]>;
  remove(kind: string, name: string): Promise<void>;
  /** A merge patch. */
  patch(kind: string, name: string, body: object): Promise<DynamicObject>;
  /** Of the ArmadaChart, oldest first. */
  events(name: string): Promise<readonly Told[]>;
  /** Waits until there is an event of that reason whose note holds the text. */
  told(name: string, reason: string, text: string): Promise<void>;
  /** `vN status` of the release's records, newest first. */
  revisions(release: string): Promise<readonly string[]>;
  /** helm as a person runs it, in this namespace. */
  helm(...args: readonly string[]): Promise<string>;
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  ArmadaChart: "armada.airshipit.org/v1alpha1",
  ArmadaChartGroup: "armada.airshipit.org/v1alpha1",
  ArmadaManifest: "armada.airshipit.org/v1alpha1",
  Deployment: "apps/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  Job: "batch/v1",
  Event: "events.k8s.io/v1",
  Role: "rbac.authorization.k8s.io/v1",
  ClusterRole: "rbac.authorization.k8s.io/v1",
};

interface SpaceDeps {
  readonly api: KubeClient;
  readonly namespace: string;
  readonly helm: (args: readonly string[]) => Promise<string>;
  /** Of the operator: its end is shown when it does not do what a test waits for. */
  readonly log: () => Promise<string>;
}

const LOG_LINES = 20;

export const createSpace = async ({ api, namespace, helm, log }: SpaceDeps): Promise<Space> => {
  const resourceOf = async (kind: string): Promise<Resource> => {
    const resource = await api.resolve(API_VERSIONS[kind] ?? "v1", kind, live);
    if (resource === undefined) throw new Error(`${kind} is not served`);
    return resource;
  };
  const ref = async (kind: string, name: string): Promise<ObjectRef> => {
    const resource = await resourceOf(kind);
    return { resource, name, ...(resource.namespaced ? { namespace } : {}) };
  };
  const chart = (name: string): Promise<ArmadaChart | undefined> => api.get<ArmadaChart>({ resource: CHARTS, namespace, name }, live);
  const list = async (kind: string): Promise<readonly DynamicObject[]> => api.list(await resourceOf(kind), { namespace }, live);
  const events = async (name: string): Promise<readonly Told[]> => eventsOf(name, await list("Event"));
  const explained = async <T>(promise: Promise<T>): Promise<T> => {
    try {
      return await promise;
    } catch (error) {
      throw new Error(`${messageOf(error)}\n\nThe operator:\n${(await log()).split("\n").slice(-LOG_LINES).join("\n")}`, { cause: error });
    }
  };
  await api.create({ resource: await resourceOf("Namespace") }, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, live);
  return {
    namespace,
    chart,
    list,
    events,
    apply: (name, spec) =>
      api.patch<ArmadaChart>(
        { resource: CHARTS, namespace, name },
        { type: "apply", body: bodyOf(name, spec), fieldManager: "test", force: true },
        live,
      ),
    status: (name, expected, withinMs) =>
      explained(
        eventually(
          `status of ArmadaChart ${name}`,
          async () => {
            const object = await chart(name);
            expect(object?.status ?? {}).toMatchObject({ observedGeneration: object?.metadata.generation, ...expected });
            return object?.status ?? {};
          },
          withinMs,
        ),
      ),
    gone: (name, withinMs) => eventually(`${name} is gone`, async () => expect((await chart(name))?.status).toBeUndefined(), withinMs),
    deleteChart: (name) => api.delete({ resource: CHARTS, namespace, name }, live),
    request: async (name) => {
      const value = String(systemClock.monotonic());
      const body = { metadata: { annotations: { [REQUESTED_AT]: value } } };
      await api.patch({ resource: CHARTS, namespace, name }, { type: "merge", body }, live);
      return value;
    },
    get: async (kind, name) => api.get(await ref(kind, name), live),
    remove: async (kind, name) => api.delete(await ref(kind, name), live),
    patch: async (kind, name, body) => api.patch(await ref(kind, name), { type: "merge", body }, live),
    told: (name, reason, text) =>
      eventually(`event ${reason} of ${name}`, async () =>
        expect(await events(name)).toContainEqual(expect.objectContaining({ reason, note: expect.stringContaining(text) })),
      ),
    revisions: async (release) => revisionsOf(release, await list("Secret")),
    helm: (...args) => helm(["--namespace", namespace, ...args]),
  };
};

const bodyOf = (name: string, { chart, interval, ...rest }: SpecPart): object => ({
  apiVersion: "armada.airshipit.org/v1alpha1",
  kind: "ArmadaChart",
  metadata: { name },
  spec: {
    release: name,
    source: { type: "local", location: `/opt/armada/helm-charts/${chart}`, ...(interval === undefined ? {} : { interval }) },
    ...rest,
  },
});

const eventsOf = (name: string, events: readonly DynamicObject[]): readonly Told[] =>
  events
    .toSorted((a, b) => String(a["eventTime"]).localeCompare(String(b["eventTime"])))
    .filter((event) => JSON.stringify(event["regarding"]).includes(`"name":"${name}"`))
    .map((event) => ({ reason: String(event["reason"]), type: String(event["type"]), note: String(event["note"]) }));

const revisionsOf = (release: string, secrets: readonly DynamicObject[]): readonly string[] =>
  secrets
    .map(({ metadata: { labels = {} } }) => labels)
    .filter((labels) => labels["owner"] === "helm" && labels["name"] === release)
    .toSorted((a, b) => Number(b["version"]) - Number(a["version"]))
    .map((labels) => `v${labels["version"] ?? "?"} ${labels["status"] ?? "?"}`);
