import { CHARTS } from "../../src/armada/api/chart.ts";
import { GROUPS } from "../../src/armada/api/group.ts";
import { MANIFESTS } from "../../src/armada/api/manifest.ts";
import { fieldsOf } from "../../src/armada/readiness/fields.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import type { DynamicObject, Resource } from "../../src/runtime/object.ts";
import { CONFIG_MAP, createChartFolder, DEPLOYMENT, hookJob, type ChartFolder } from "../testing/charts/chart-folder.ts";
import { chart, group, manifest, parked } from "../testing/estate/objects.ts";

const live = new AbortController().signal;

/** The chart `part` that {@link chart} names: a ConfigMap, and as values ask for them a Deployment and a hook that every helm run waits for. */
export const createSweepCharts = async (): Promise<ChartFolder> => {
  const charts = await createChartFolder();
  await charts.write("part", {
    "map.yaml": CONFIG_MAP,
    "pods.yaml": `{{ if .Values.pods }}${DEPLOYMENT}{{ end }}`,
    "hook.yaml": `{{ if .Values.hook }}${hookJob("pre-install,pre-upgrade,pre-delete")}{{ end }}`,
  });
  return charts;
};

const RESOURCES: Readonly<Record<string, Resource>> = { ArmadaChart: CHARTS, ArmadaChartGroup: GROUPS, ArmadaManifest: MANIFESTS };

/** The namespace of one trial, as a person with kubectl acts on it. */
export class Place {
  readonly namespace: string;
  readonly #api: KubeClient;

  constructor(api: KubeClient, namespace: string) {
    this.#api = api;
    this.namespace = namespace;
  }

  async create(...objects: readonly ReturnType<typeof chart>[]): Promise<void> {
    for (const object of objects) await this.#api.create({ resource: RESOURCES[object.kind] ?? CHARTS, namespace: this.namespace }, object, live);
  }

  patch(resource: Resource, name: string, spec: object): Promise<unknown> {
    return this.#api.patch({ resource, namespace: this.namespace, name }, { type: "merge", body: { spec } }, live);
  }

  delete(resource: Resource, name: string): Promise<void> {
    return this.#api.delete({ resource, namespace: this.namespace, name }, live);
  }

  list(resource: Resource): Promise<readonly DynamicObject[]> {
    return this.#api.list(resource, { namespace: this.namespace }, live);
  }

  /** Whether every object of these kinds is satisfied at its present generation, with this state. */
  async all(resources: readonly Resource[], states: readonly string[]): Promise<boolean> {
    const objects = (await Promise.all(resources.map((resource) => this.list(resource)))).flat();
    return objects.every(({ metadata, status }) => {
      const { satisfied, observedGeneration, actual_state } = fieldsOf(status);
      return satisfied === true && observedGeneration === metadata.generation && states.includes(String(actual_state));
    });
  }
}

export interface Act {
  readonly act: (place: Place) => Promise<unknown>;
  readonly done: (place: Place) => Promise<boolean>;
}

export interface Scenario {
  /** Undisturbed. */
  readonly setup: readonly Act[];
  /** Where faults strike. */
  readonly acts: readonly Act[];
}

const EVERYTHING = [CHARTS, GROUPS, MANIFESTS];
const deployed = (place: Place): Promise<boolean> => place.all(EVERYTHING, ["deployed"]);
const settled = (place: Place): Promise<boolean> => place.all(EVERYTHING, ["deployed", "uninitialized", "uninstalled"]);
const removed = async (place: Place): Promise<boolean> => (await Promise.all(EVERYTHING.map((kind) => place.list(kind)))).flat().length === 0;

const WHOLE = { hook: true, pods: true, text: "one" };
const install: Act = { act: (place) => place.create(chart("blog", { values: WHOLE })), done: deployed };
const MEMBERS = ["one", "two", "three"];
const park: Act = {
  act: (place) =>
    place.create(
      ...MEMBERS.map((name) => parked(name, { pods: true })),
      group("parts", MEMBERS, { target_state: "uninitialized" }),
      manifest("site", ["parts"], { target_state: "uninitialized", release_prefix: "site" }),
    ),
  done: (place) => place.all(EVERYTHING, ["uninitialized"]),
};
const enable: Act = { act: (place) => place.patch(MANIFESTS, "site", { target_state: "deployed" }), done: deployed };
const before: Act = { act: (place) => place.create(chart("before", { release: "shared", values: { pods: true, text: "before" } })), done: deployed };
const successor: Act = {
  act: (place) => place.create(chart("after", { release: "shared", target_state: "uninitialized", values: { pods: true, text: "after" } })),
  done: settled,
};
const takeOver: Act = { act: (place) => place.patch(CHARTS, "after", { target_state: "deployed" }), done: deployed };
const giveBack: Act = {
  act: (place) => place.delete(CHARTS, "after"),
  done: async (place) => (await place.list(CHARTS)).length === 1 && (await deployed(place)),
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  install: { setup: [], acts: [install] },
  upgrade: {
    setup: [install],
    acts: [{ act: (place) => place.patch(CHARTS, "blog", { values: { ...WHOLE, text: "two", replicas: 2 } }), done: deployed }],
  },
  uninstall: {
    setup: [install],
    acts: [{ act: (place) => place.patch(CHARTS, "blog", { target_state: "uninstalled" }), done: settled }],
  },
  sequence: { setup: [park], acts: [enable] },
  deletion: { setup: [park, enable], acts: [{ act: (place) => place.delete(MANIFESTS, "site"), done: removed }] },
  takeover: { setup: [before, successor], acts: [takeOver, giveBack] },
};
