import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { ownEnvironment, run, type ChildResult } from "../../src/base/process.ts";
import { startCluster, type Cluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { repository, startOperator, type Operator } from "../support/operator.ts";

jest.setTimeout(30_000);

const crds = join(repository, "crds");
let cluster: Cluster;
let folder = "";
let kubeconfig = "";

beforeAll(async () => {
  cluster = await startCluster();
  kubeconfig = await cluster.operatorKubeconfig();
  folder = await mkdtemp(join(tmpdir(), "operator-test-"));
}, 60_000);
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** Runs it until it ends by itself. */
const operator = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ChildResult> => {
  const limits = { timeoutMs: 30_000, graceMs: 1000, maxOutputBytes: 100_000, parentDeathSignal: true };
  const all = ["--", join(repository, "src/apps/operator.ts"), ...args];
  return run(process.execPath, all, { env: { ...ownEnvironment(), ...env }, ...limits }, new AbortController().signal);
};

const usual = (): readonly string[] => [
  ...["--kubeconfig", kubeconfig, "--helm", cluster.tools.helm, "--state-dir", join(folder, "state")],
  ...["--metrics-bind-address", "0", "--health-probe-bind-address", "0"],
];

describe("an operator that cannot start says why in one sentence", () => {
  const oldHelm = async (): Promise<string> => {
    const path = join(folder, "old-helm");
    await writeFile(path, "#!/bin/sh\necho v3.1.0\n");
    await chmod(path, 0o755);
    return path;
  };

  test.each<[string, () => Promise<readonly string[]> | readonly string[], number, string]>([
    ["an unknown flag", () => ["--colour"], 2, "error: unknown option '--colour'"],
    ["a number that is none", () => ["--concurrency", "many"], 2, "it must be a whole number from 1 on"],
    ["a kubeconfig that is not there", () => [...usual(), "--kubeconfig", "/absent"], 1, 'cannot read kubeconfig "/absent"'],
    ["a helm that is not there", () => [...usual(), "--helm", "/absent/helm"], 1, "Cannot start /absent/helm: it is not an executable file"],
    ["a helm that is too old", async () => [...usual(), "--helm", await oldHelm()], 1, "is helm v3.1.0: only helm 3 from 3.16 on is supported"],
    ["missing CustomResourceDefinitions", usual, 1, "does not serve armadacharts.armada.airshipit.org: install the CustomResourceDefinitions"],
    ["an address in use", () => [...usual(), "--metrics-bind-address", new URL(cluster.controlPlane.server).host], 1, "in use"],
  ])("%s", async (_what, args, code, sentence) => {
    const ended = await operator(await args());
    expect({ code: ended.exitCode, said: ended.stderr.includes(sentence) ? sentence : ended.stderr }).toEqual({ code, said: sentence });
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });

  test("a wrong environment variable", async () => {
    const ended = await operator([], { ARMADA_CONCURRENCY: "0" });
    expect([ended.exitCode, ended.stderr]).toEqual([
      2,
      'error: environment variable ARMADA_CONCURRENCY is "0": it must be a whole number from 1 on.\n',
    ]);
  });
});

describe("operators of one cluster", () => {
  let first: Operator;
  beforeAll(async () => {
    await cluster.kubectl(["apply", "--server-side", "-f", crds]);
    await cluster.kubectl(["wait", "--for=condition=Established", "-f", crds]);
    first = await startOperator(cluster, { flags: ["--health-probe-bind-address", "127.0.0.1:0"] });
  }, 60_000);

  const get = async (port: number, path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return [response.status, await response.text()];
  };

  test("it answers /healthz, /readyz and /metrics", async () => {
    const port = Number(/"healthPort":(\d+)/.exec(await first.log())?.[1]);
    expect(await get(port, "/healthz")).toEqual([200, "ok\n"]);
    expect(await get(port, "/readyz")).toEqual([200, "ok\n"]);
    expect((await get(port, "/other"))[0]).toBe(404);
    const [status, text] = await get(await first.metricsPort(), "/metrics");
    expect(status).toBe(200);
    for (const name of [
      "armada_reconcile_total",
      "armada_workqueue_depth",
      "armada_helm_runs_total",
      "armada_handover_seconds_bucket",
      "armada_api_requests_total",
    ]) {
      expect(text).toContain(name);
    }
  });

  test("a second one waits, names the holder, and takes over when that one stops", async () => {
    const holder = await cluster.kubectl(["-n", "armada-operator", "get", "lease", "armada-operator", "-o", "jsonpath={.spec.holderIdentity}"]);
    const second = startOperator(cluster, { flags: ["--log-format", "json"], until: "waiting for Lease" });
    const waiting = await second;
    expect(await waiting.log()).toContain(`held by ${holder}`);
    expect(await first.stop()).toBe(0);
    await eventually("the second one is at work", async () => expect(await waiting.log()).toContain('"message":"ready"'));
    expect(await waiting.stop()).toBe(0);
    expect(await cluster.kubectl(["-n", "armada-operator", "get", "lease", "armada-operator", "-o", "jsonpath={.spec.holderIdentity}"])).toBe("");
  }, 60_000);

  test("with --watch-namespaces it acts there only, and a list of one namespace does not hide the others", async () => {
    const chart = (namespace: string): string =>
      JSON.stringify({
        apiVersion: "armada.airshipit.org/v1alpha1",
        kind: "ArmadaChart",
        metadata: { name: "web", namespace },
        spec: { release: "web", source: { type: "local", location: "/opt/armada/helm-charts/testchart" }, values: { replicaCount: 0 } },
      });
    for (const namespace of ["one", "two", "three"]) {
      await cluster.kubectl(["create", "namespace", namespace]);
      await cluster.kubectl(["apply", "-f", "-"], chart(namespace));
    }
    const narrow = await startOperator(cluster, { flags: ["--watch-namespaces", "one,two"] });
    const state = (namespace: string): Promise<string> =>
      cluster.kubectl(["-n", namespace, "get", "act", "web", "-o", "jsonpath={.status.actual_state}"]);
    for (const namespace of ["one", "two"]) await eventually(`${namespace} is deployed`, async () => expect(await state(namespace)).toBe("deployed"));
    expect(await state("three")).toBe("");
    for (const namespace of ["one", "two"]) await cluster.kubectl(["-n", namespace, "delete", "act", "web", "--timeout=20s"]);
    await narrow.stop();
  }, 90_000);
});
