import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeRecord } from "../../../src/helm/record/encoding.ts";
import { chartTgz, tgzOf } from "../../../src/sources/testing/archive.ts";
import { CONFIG_MAP, type ChartFolder } from "./chart-folder.ts";
import { DEPLOYED, type ChartSite } from "./chart-site.ts";
import type { Space } from "./chart-space.ts";

/** What somebody wrote that could stop an operator; the ArmadaChart of it is called `hostile`. */
export interface Hostile {
  readonly title: string;
  readonly plant: (site: ChartSite, space: Space) => Promise<void>;
  /** What its status comes to say; absent: it never ends by itself. */
  readonly says?: object;
  /** What a person does before, or after, it is deleted. */
  readonly help?: (site: ChartSite, space: Space) => Promise<void>;
}

const NAME = "hostile";
const containing = (text: string) => ({
  asymmetricMatch: (value: unknown) => typeof value === "string" && value.includes(text),
  toString: () => text,
});

const deepJson = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const manyStrings = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `v${String(index)}`);

const smallObjects = `{"a":[${Array<string>(100_000).fill("{}").join(",")}]}`;

const INSTALLED = { name: NAME, state: "deployed" };
/** Beside the one that is called `hostile`. */
const OTHERS = Array.from({ length: 2 }, (_, index) => `${NAME}-${String(index)}`);
const manyObjects = `{"a":[${Array<string>(450_000).fill("{}").join(",")}]}`;

/** As text: what is that deep no JavaScript writes. */
const applyRaw = async ({ cluster }: ChartSite, { namespace }: Space, values: string, { name, state } = INSTALLED): Promise<void> => {
  const source = '{"type":"local","location":"/opt/armada/helm-charts/plain"}';
  const spec = `{"release":"${name}","source":${source},"target_state":"${state}","values":${values}}`;
  const object = `{"apiVersion":"armada.airshipit.org/v1alpha1","kind":"ArmadaChart","metadata":{"name":"${name}"},"spec":${spec}}`;
  await cluster.kubectl(["create", "--raw", `/apis/armada.airshipit.org/v1alpha1/namespaces/${namespace}/armadacharts`, "-f", "-"], object);
};

const secretName = `sh.helm.release.v1.${NAME}.v1`;

/** A release that is well, and whose record somebody then writes anew. */
const forge = async ({ api }: ChartSite, space: Space, part: object): Promise<void> => {
  await space.apply(NAME, { chart: "plain" });
  await space.status(NAME, DEPLOYED);
  const chart = { metadata: { name: "plain", version: "0.1.0" } };
  const record = { name: NAME, namespace: space.namespace, version: 1, info: { status: "deployed" }, chart, manifest: "", ...part };
  await api.patch(
    { resource: { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true }, namespace: space.namespace, name: secretName },
    { type: "merge", body: { data: { release: await encodeRecord(record) } } },
    new AbortController().signal,
  );
};

const removeRecord = (_site: ChartSite, space: Space): Promise<void> => space.remove("Secret", secretName);

const listing = (count: number): string =>
  Array.from({ length: count }, (_, index) => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m${String(index)}}\n`).join("");

const WIDGET = `
apiVersion: example.com/v1
kind: Widget
metadata: {name: {{ .Release.Name }}}
`;
const WIDGETS = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};
/** What an administrator allows charts to contain. */
export const WIDGET_RULES = [{ apiGroups: ["example.com"], resources: ["widgets"], verbs: ["*"] }];

const deepenWidget = async ({ cluster }: ChartSite, { namespace }: Space, depth: number): Promise<void> => {
  const path = `/apis/example.com/v1/namespaces/${namespace}/widgets/${NAME}`;
  const live = (await cluster.kubectl(["get", "--raw", path])).trim();
  await cluster.kubectl(["replace", "--raw", path, "-f", "-"], `${live.slice(0, -1)},"spec":${deepJson(depth)},"status":${deepJson(depth)}}`);
};

const unknownFields = "{{ range until 700 }}\nx{{ . }}: v{{ . }}{{ end }}\n";
const BOMBS = 24;

/** Charts, and a kind, that hostile inputs need. */
export const prepareHostile = async (charts: ChartFolder): Promise<void> => {
  await charts.write("plain", { "map.yaml": CONFIG_MAP });
  await charts.write("warned", { "map.yaml": `${CONFIG_MAP}${unknownFields}` });
  await charts.write("space", { "fail.yaml": '{{ fail (print "a" (repeat 60000 " ") "b") }}' });
  await charts.write("loop", { "loop.yaml": "{{ range until 2000000 }}{{ range until 2000000 }}{{ end }}{{ end }}" });
  await charts.write("repeat", { "repeat.yaml": '{{ repeat 1400000000 "a" | len }}' });
  await charts.write("widget", { "widget.yaml": WIDGET });
  await charts.write("bomb", { "map.yaml": CONFIG_MAP });
  const folder = join(charts.path, "bomb", "charts");
  await mkdir(folder);
  const zeros = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`inner/zeros${String(index)}`, "0".repeat(4_000_000)]));
  const inner = chartTgz({ "inner/Chart.yaml": '{"apiVersion":"v2","name":"inner","version":"0.1.0"}', ...zeros });
  for (let index = 0; index < BOMBS; index++) {
    const name = `bomb${String(index)}`;
    const yaml = JSON.stringify({ apiVersion: "v2", name, version: "0.1.0" });
    const outer = tgzOf([
      { path: `${name}/Chart.yaml`, text: yaml },
      { path: `${name}/charts/inner-0.1.0.tgz`, text: inner },
    ]);
    await writeFile(join(folder, `${name}-0.1.0.tgz`), outer);
  }
};

export const HOSTILE: readonly Hostile[] = [
  {
    title: "values nested 9000 levels deep",
    plant: (site, space) => applyRaw(site, space, deepJson(9000)),
    says: { actual_state: "error", reason: "InvalidSpec", waiting_for: containing("spec.values is nested 9000 levels deep, but the limit is 500") },
  },
  {
    title: "values of 100,000 small objects",
    plant: (site, space) => applyRaw(site, space, smallObjects),
    says: DEPLOYED,
  },
  {
    title: "three charts with values of 450,000 small objects",
    plant: async (site, space) => {
      // One after the other: the API server takes a hundred times the size of each while it reads it.
      for (const name of [NAME, ...OTHERS]) await applyRaw(site, space, manyObjects, { name, state: "uninitialized" });
    },
    says: { actual_state: "error", reason: "InvalidSpec" },
    help: async (_site, space) => {
      for (const name of OTHERS) await space.deleteChart(name);
    },
  },
  {
    title: "100,000 strings in values, and 700 warnings",
    plant: async (_site, space) => void (await space.apply(NAME, { chart: "warned", values: { list: manyStrings(100_000) } })),
    says: { ...DEPLOYED, reason: "UnderlyingResourcesReady" },
  },
  {
    title: "a message with 60,000 blanks",
    plant: async (_site, space) => void (await space.apply(NAME, { chart: "space" })),
    says: { actual_state: "failed", reason: "InstallError" },
  },
  {
    title: "a release record that inflates to 33 MB of small objects",
    plant: (site, space) => forge(site, space, { config: { a: JSON.parse(`[${"{},".repeat(11_000_000)}{}]`) } }),
    says: { actual_state: "error", waiting_for: containing("holds more than") },
    help: removeRecord,
  },
  ...[20_000, 220_000].map((count): Hostile => ({
    title: `a release record that lists ${String(count)} objects`,
    plant: (site, space) => forge(site, space, { manifest: listing(count) }),
    says: { actual_state: "error", waiting_for: containing("more than 5000 objects") },
    help: removeRecord,
  })),
  {
    title: "an object of a release nested 9000 levels deep",
    plant: async (site, space) => {
      await site.cluster.kubectl(["apply", "-f", "-"], JSON.stringify(WIDGETS));
      await site.cluster.kubectl(["wait", "--for=condition=Established", "crd/widgets.example.com"]);
      await space.apply(NAME, { chart: "widget" });
      await space.status(NAME, DEPLOYED);
      await deepenWidget(site, space, 9000);
    },
    says: { actual_state: "running", waiting_for: containing("too large to be evaluated") },
  },
  {
    title: "a chart with 24 nested archives of 80 MB",
    plant: async (_site, space) => void (await space.apply(NAME, { chart: "bomb" })),
    says: { actual_state: "error", reason: "SourceError", waiting_for: containing("unpacks to more than") },
  },
  {
    title: "a template that makes 1.4 GB",
    plant: async (_site, space) => void (await space.apply(NAME, { chart: "repeat" })),
    says: { actual_state: "failed", history: [{ reason: "LimitExceeded" }] },
  },
  { title: "a template that does not end", plant: async (_site, space) => void (await space.apply(NAME, { chart: "loop" })) },
];

/** Deletes what was planted, and waits until it is gone. */
export const removeHostile = async ({ help }: Hostile, site: ChartSite, space: Space): Promise<void> => {
  await help?.(site, space);
  await space.deleteChart(NAME);
  await space.gone(NAME, 120_000);
};
