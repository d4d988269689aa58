import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { LEASE_ANNOTATIONS, REPORTING_CONTROLLER } from "../../../src/armada/names.ts";
import { CONFIG_MAP, DEPLOYMENT } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { startOperator, type Operator } from "../../testing/operator/operator.ts";
import { applyOverlay, type AppliedOverlay } from "../../testing/operator/overlay.ts";

jest.setTimeout(120_000);

/** An operator with the rights of a folder of its own, and where it works. */
interface Neighbour {
  readonly space: Space;
  readonly overlay: AppliedOverlay;
  readonly operator: Operator;
}

const FLAVOURS = ["namespaced", "tenants"] as const;
const HOMES = { namespaced: "armada-operator", tenants: "ops-b" } as const;

let site: ChartSite;
let neighbours: readonly Neighbour[] = [];

const start = ({ options }: AppliedOverlay, until?: string): Promise<Operator> =>
  startOperator(site.cluster, { ...options, chartRoot: site.charts.path, ...(until === undefined ? {} : { until }) });

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT });
  });
  for (const flavour of FLAVOURS) {
    const space = await site.space();
    const overlay = await applyOverlay(site.cluster, { flavour, namespaces: [space.namespace], operatorNamespace: HOMES[flavour] });
    neighbours = [...neighbours, { space, overlay, operator: await start(overlay) }];
  }
}, 90_000);

afterAll(async () => {
  await Promise.all(neighbours.map(({ operator }) => operator.stop()));
  await site?.stop();
}, 30_000);

const metrics = async (operator: Operator): Promise<string> =>
  (await fetch(`http://127.0.0.1:${String(await operator.metricsPort())}/metrics`)).text();

/** Namespaces of the Leases under which the revisions of a release were made. */
const madeUnder = async (space: Space): Promise<readonly string[]> => {
  const epochs = (await space.list("Secret")).flatMap(({ metadata }) => metadata.labels?.[LEASE_ANNOTATIONS.epoch] ?? []);
  return [...new Set(epochs.map((epoch) => epoch.slice(epoch.indexOf(".") + 1)))];
};

/** Pids of the operators that said something of the charts there. */
const reportersOf = async ({ space }: Neighbour): Promise<readonly string[]> => {
  const events = (await space.list("Event")).filter((event) => event["reportingController"] === REPORTING_CONTROLLER);
  return [...new Set(events.map((event) => String(event["reportingInstance"]).split("_")[1] ?? ""))];
};

test("two operators bring up their own charts side by side, one for a team and one for tenants, and neither touches the other's", async () => {
  for (const { space } of neighbours) {
    await space.apply("web", { chart: "web" });
    await space.status("web", DEPLOYED);
    await space.apply("web", { chart: "web", values: { text: "two" } });
    await space.status("web", { ...DEPLOYED, release: { revision: 2 } });
    await space.remove("ConfigMap", "web");
    await eventually("it is put back", async () => expect(await space.get("ConfigMap", "web")).toBeDefined());
    await space.status("web", DEPLOYED);
  }
  expect(await Promise.all(neighbours.map(({ space }) => madeUnder(space)))).toEqual([["armada-operator"], ["ops-b"]]);
  for (const neighbour of neighbours) {
    expect(await reportersOf(neighbour)).toEqual([String(neighbour.operator.pid)]);
    const text = await metrics(neighbour.operator);
    expect(text).not.toMatch(/^armada_api_requests_total\{.*code="403"/m);
    const runs = [...text.matchAll(/^armada_helm_runs_total\{verb="(\w+)",result="(\w+)"\} (\d+)$/gm)].map(([, ...run]) => run.join(" "));
    expect(runs.toSorted()).toEqual(["install success 1", "upgrade success 1"]);
  }
});

test("neither account may do anything in the other's namespace", async () => {
  for (const [index, { overlay }] of neighbours.entries()) {
    const other = neighbours.at(1 - index)?.space.namespace ?? "";
    for (const asked of [
      ["get", "secrets"],
      ["patch", "armadacharts.armada.airshipit.org"],
      ["impersonate", "serviceaccounts"],
      ["get", "pods"],
    ]) {
      const said = site.cluster.kubectl(["--kubeconfig", overlay.options.kubeconfig, "-n", other, "auth", "can-i", ...asked]);
      await expect(said).rejects.toThrow(/^kubectl .*\bcan-i\b/);
    }
  }
});

test("a third one for a namespace of the second does not start, names it, and takes over when it stops, without helm", async () => {
  const [, second] = neighbours;
  if (second === undefined) throw new Error("there are two");
  const more = await site.space();
  const namespaces = [more.namespace, second.space.namespace];
  const overlay = await applyOverlay(site.cluster, { flavour: "tenants", namespaces, operatorNamespace: "ops-c" });
  const third = await start(overlay, "another operator works on");
  await more.apply("web", { chart: "web" });
  expect(await third.log()).toMatch(
    new RegExp(`another operator works on the namespaces ${second.space.namespace}: Lease ops-b/armada-operator is held by \\S+; stop that operator`),
  );
  expect((await more.chart("web"))?.status).toBeUndefined();
  await second.operator.stop();
  await more.status("web", DEPLOYED);
  const { release } = await second.space.status("web", DEPLOYED);
  expect(release?.revision).toBe(2);
  expect(await metrics(third)).toContain('armada_helm_runs_total{verb="install",result="success"} 1\n');
  await third.stop();
  expect(await madeUnder(more)).toEqual(["ops-c"]);
});
