import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { kubeconfigText } from "../../../src/local/control-plane/credentials.ts";
import { apiServerOf, type ApiServer } from "../../testing/operator/api-server.ts";
import { bootCluster } from "../../testing/operator/cluster.ts";
import type { ChartFolder } from "../../testing/charts/chart-folder.ts";
import { eventually } from "../../testing/eventually.ts";
import { chart, createParts, group, parked } from "../../testing/estate/objects.ts";
import { startOperator, type Operator } from "../../testing/operator/operator.ts";
import { has } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";
import { expectNoStack, workOf } from "../../testing/charts/work.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const STOPPED = "all controllers are stopped until the Lease is held again";

let site: Site;
let server: ApiServer;
let charts: ChartFolder;

beforeAll(async () => {
  charts = await createParts();
  site = await Site.start({ chartRoot: charts.path }, bootCluster);
  server = apiServerOf(site.cluster);
}, 60_000);

afterAll(async () => {
  await site?.stop();
  server?.end();
  await charts?.remove();
}, 30_000);

/** Waits until the Lease is lost and all is stopped; says how many requests that took. */
const lost = async (operator: Operator): Promise<number> => {
  const times = count(await operator.log(), STOPPED);
  const before = await workOf(operator);
  await eventually("the Lease is lost", async () => expect(count(await operator.log(), STOPPED)).toBe(times + 1), 40_000);
  return (await workOf(operator)).requests - before.requests;
};

const count = (text: string, part: string): number => text.split(part).length - 1;

const revisions = async (namespace: Namespace): Promise<readonly string[]> =>
  (await namespace.names("secret", "owner=helm")).map((name) => name.replace("secret/sh.helm.release.v1.", ""));

test("an API server that goes away in mid-sequence: the Lease is lost, and when it is back the same process goes on, one revision more at most", async () => {
  const namespace = await site.namespace("away");
  const names = Array.from({ length: 8 }, (_, index) => `c${String(index)}`);
  await namespace.apply([...names.map((name) => parked(name)), group("g", names)]);
  await namespace.when("ArmadaChart c2", has("status.actual_state", "deployed"));
  await server.kill();
  expect(await lost(site.operator)).toBeLessThan(200);
  await server.boot();
  await namespace.becomes("acg/g", { ...DEPLOYED, progress: "8/8" });
  expect((await revisions(namespace)).length).toBeLessThanOrEqual(names.length + 1);
  expect(count(await site.operator.log(), '"message":"ready"')).toBe(2);
}, 90_000);

test("an API server that hangs while helm waits in a hook: helm is ended, and afterwards unlocked and run again", async () => {
  const namespace = await site.namespace("hangs");
  await namespace.apply([parked("a", { hook: true, node: { hangs: "yes" } }), parked("b"), group("g", ["a", "b"])]);
  await eventually("helm waits in the hook", async () => expect(await namespace.names("pod")).toHaveLength(1));
  server.hang();
  try {
    expect(await lost(site.operator)).toBeLessThan(100);
  } finally {
    server.wake();
  }
  await namespace.apply([parked("a")]);
  await namespace.becomes("acg/g", { ...DEPLOYED, progress: "2/2" });
  // The change may come when the second run waits in the hook already, and then cuts that off, too.
  expect(["a.v1 a.v2 b.v1", "a.v1 a.v2 a.v3 b.v1"]).toContain((await revisions(namespace)).join(" "));
}, 90_000);

/** An operator with the rights of a service account of its own. */
const asAccount = async (): Promise<Operator> => {
  const { cluster } = site;
  await cluster.kubectl(["create", "serviceaccount", "armada"]);
  await bind();
  const token = await cluster.kubectl(["create", "token", "armada"]);
  const { server: address, directory } = cluster.controlPlane;
  const ca = await cluster.kubectl(["config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.certificate-authority-data}"]);
  const kubeconfig = join(directory, "account.kubeconfig");
  await writeFile(kubeconfig, kubeconfigText({ server: address, ca: Buffer.from(ca, "base64").toString(), token: token.trim() }), { mode: 0o600 });
  return startOperator(cluster, { chartRoot: charts.path, flags: ["--kubeconfig", kubeconfig] });
};

const bind = () => site.cluster.kubectl(["create", "clusterrolebinding", "armada", "--clusterrole=cluster-admin", "--serviceaccount=default:armada"]);

test("rights taken from the operator's account: the log says what is missing, and when they are given back the same process goes on", async () => {
  expectNoStack(await site.operator.log());
  expect(await site.operator.stop()).toBe(0);
  const operator = await asAccount();
  try {
    const namespace = await site.namespace("rights");
    await namespace.apply([chart("before")]);
    await namespace.becomes("act/before", DEPLOYED);
    await site.cluster.kubectl(["delete", "clusterrolebinding", "armada"]);
    await namespace.apply([chart("after")]);
    expect(await lost(operator)).toBeLessThan(200);
    await eventually("the log says why", async () =>
      expect(await operator.log()).toMatch(/waiting for Lease default\/armada-operator: .*"armada-operator\\" is forbidden/),
    );
    await bind();
    await namespace.becomes("act/after", { ...DEPLOYED, release: { revision: 1 } });
    expectNoStack(await operator.log());
  } finally {
    expect(await operator.stop()).toBe(0);
  }
}, 90_000);

test("no unsatisfied object was silent at any moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
