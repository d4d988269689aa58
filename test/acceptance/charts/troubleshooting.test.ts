import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { conditionOf, statusOf, textOf } from "../../../src/armada/readiness/fields.ts";
import { codeIn, rowsOf, section } from "../../repository/markdown.ts";
import { read } from "../../repository/tree.ts";
import { CONFIG_MAP, DEPLOYMENT, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { serveFiles, type FileServer } from "../../testing/servers/file-server.ts";

jest.setTimeout(120_000);

let site: ChartSite;
let space: Space;
let server: FileServer;

const named = (apiVersion: string, kind: string, more = ""): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: {{ .Release.Name }}}\n${more}`;
const SCHEMA = JSON.stringify({ type: "object", properties: { replicaCount: { type: "integer" } } });

beforeAll(async () => {
  server = await serveFiles({ authorization: ["Basic nobody"] });
  site = await createChartSite(async (charts) => {
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("web", { "web.yaml": DEPLOYMENT });
    await charts.write("checked", { "map.yaml": CONFIG_MAP, "../values.schema.json": SCHEMA });
    await charts.write("nokind", { "odd.yaml": named("example.org/v1", "Oddity") });
    await charts.write("priority", { "class.yaml": named("scheduling.k8s.io/v1", "PriorityClass", "value: 1\n") });
    await charts.write("fixed", { "map.yaml": `${CONFIG_MAP}immutable: true\n` });
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install") });
  });
  await site.start({ flags: ["--allow-local-addresses=true"] });
  space = await site.space();
}, 120_000);

afterAll(async () => {
  await site?.stop();
  await server?.close();
}, 60_000);

const apply = async (kind: string, name: string, spec: object): Promise<void> => {
  const object = { apiVersion: "armada.airshipit.org/v1alpha1", kind, metadata: { name }, spec };
  await site.cluster.kubectl(["-n", space.namespace, "apply", "-f", "-"], JSON.stringify(object));
};

/** As a kubelet says it. */
const cannotPull = async (workload: string): Promise<void> => {
  const pods = (await space.list("Pod")).filter(({ metadata }) => metadata.name.startsWith(`${workload}-`));
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "False", lastTransitionTime: new Date().toISOString() }));
  const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "x"' };
  const containerStatuses = [{ name: "c", image: "x", imageID: "", restartCount: 0, ready: false, state: { waiting } }];
  const patch = JSON.stringify({ status: { conditions, containerStatuses } });
  for (const { metadata } of pods)
    await site.cluster.kubectl(["-n", space.namespace, "patch", "pod", metadata.name, "--subresource=status", "-p", patch]);
};

interface Failure {
  readonly kind: string;
  readonly says: RegExp;
  /** Makes the object of that name fail. */
  readonly make: (name: string) => Promise<unknown>;
}

const chart = (says: RegExp, make: Failure["make"]): Failure => ({ kind: "ArmadaChart", says, make });

/** In the order of the table; the parents last, over the first. */
const FAILURES: readonly Failure[] = [
  chart(/replicaCount.*got string, want integer/, (name) => space.apply(name, { chart: "checked", values: { replicaCount: "three" } })),
  chart(/Oddity/, (name) => space.apply(name, { chart: "nokind" })),
  chart(/forbidden.*priorityclasses/, (name) => space.apply(name, { chart: "priority" })),
  chart(/immutable/, async (name) => {
    await space.apply(name, { chart: "fixed", values: { text: "one" } });
    await space.status(name, DEPLOYED);
    await space.apply(name, { chart: "fixed", values: { text: "two" } });
  }),
  chart(/hook/, (name) => space.apply(name, { chart: "hooked", values: { node: { never: "yes" }, deadline: 1 } })),
  chart(/0 of 1 pods.*ImagePullBackOff/, async (name) => {
    await space.apply(name, { chart: "web" });
    await space.status(name, DEPLOYED);
    await cannotPull(name);
  }),
  chart(/0 of 1 pods.*Unschedulable/, (name) => space.apply(name, { chart: "web", values: { node: { never: "yes" } } })),
  chart(/does not exist/, (name) => space.apply(name, { chart: "nowhere" })),
  chart(/credentials|401/, (name) => apply("ArmadaChart", name, { release: name, source: { type: "tar", location: `${server.url}/chart.tgz` } })),
  chart(/no ArmadaChart owns/, async (name) => {
    await space.helm("install", name, join(site.charts.path, "text"));
    await space.apply(name, { chart: "text", values: { text: "other" } });
  }),
  { kind: "ArmadaChartGroup", says: /ArmadaChart nobody/, make: (name) => apply("ArmadaChartGroup", name, { chart_group: ["nobody"] }) },
  {
    kind: "ArmadaManifest",
    says: /ArmadaChartGroup over.*ArmadaChart failure-1\b.*replicaCount/,
    make: async (name) => {
      await apply("ArmadaChartGroup", "over", { chart_group: ["failure-1"] });
      await apply("ArmadaManifest", name, { chart_groups: ["over"] });
    },
  },
];

const rows = rowsOf(section(read("docs/troubleshooting.md"), "## The twelve most frequent failures"));

test.each(rows.map(([what = "", state = "", reason = ""], index) => [what, index, codeIn(state), codeIn(reason)] as const))(
  "docs/troubleshooting.md is right about: %s",
  async (_, index, states, reasons) => {
    const failure = FAILURES[index];
    if (failure === undefined) throw new Error("add how this failure comes about to FAILURES");
    const name = `failure-${String(index + 1)}`;
    await failure.make(name);
    await eventually(`${name} fails as the table says`, async () => {
      const object = await space.get(failure.kind, name);
      if (object === undefined) throw new Error("it is not there");
      expect([states, reasons]).toEqual([
        expect.arrayContaining([textOf(statusOf(object)["actual_state"])]),
        expect.arrayContaining([textOf(statusOf(object)["reason"])]),
      ]);
      expect(conditionOf(object, "Ready")?.message).toMatch(failure.says);
    });
  },
);

test("kubectl get -o wide tells the cause of each", async () => {
  const table = (await site.cluster.kubectl(["-n", space.namespace, "get", "act,acg,amf", "-o", "wide"])).split("\n");
  const silent = FAILURES.flatMap(({ kind, says }, index) => {
    const row = `${kind.toLowerCase()}.armada.airshipit.org/failure-${String(index + 1)} `;
    return table.some((line) => line.startsWith(row) && says.test(line)) ? [] : [row, ...table.filter((line) => line.startsWith(row))];
  });
  expect(silent).toEqual([]);
});
