import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { z } from "zod";
import { operatorArguments } from "../../../src/apps/operator/command.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run, type ChildResult } from "../../../src/base/process/process.ts";
import { startCluster, type Cluster } from "../../testing/operator/cluster.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository, startOperator, type Operator } from "../../testing/operator/operator.ts";

jest.setTimeout(30_000);

const kubeconfigFields = (config: unknown) =>
  z
    .object({ "current-context": z.string(), contexts: z.array(z.unknown()), clusters: z.array(z.unknown()), users: z.array(z.unknown()) })
    .parse(config);

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

/** Runs a command until it ends by itself, in the repository, with the node of this test and no kubeconfig of the person at the keyboard. */
const ended = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ChildResult> => {
  const limits = { timeoutMs: 30_000, graceMs: 1000, maxOutputBytes: 100_000, parentDeathSignal: true };
  const { KUBECONFIG: _kubeconfig, ...own } = ownEnvironment();
  const path = `${dirname(process.execPath)}:${own["PATH"] ?? ""}`;
  return run(command, args, { env: { ...own, PATH: path, ...env }, cwd: repository, ...limits }, new AbortController().signal);
};

const operator = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ChildResult> =>
  ended(process.execPath, ["--", join(repository, "src/apps/operator.ts"), ...args], env);

const usual = (): readonly string[] => [
  ...["--kubeconfig", kubeconfig, "--helm", cluster.tools.helm, "--state-dir", join(folder, "state")],
  ...["--metrics-bind-address", "0", "--health-probe-bind-address", "0"],
];

const taken = (): string => new URL(cluster.controlPlane.server).host;
const withHealth = (): readonly string[] => [...usual(), "--health-probe-bind-address", "127.0.0.1:0"];

describe("an operator that cannot start says why in one sentence", () => {
  const oldHelm = async (): Promise<string> => {
    const path = join(folder, "old-helm");
    await writeFile(path, "#!/bin/sh\necho v3.1.0\n");
    await chmod(path, 0o755);
    return path;
  };

  const envFile = async (text: string): Promise<string> => {
    const path = join(folder, "wrong.env");
    await writeFile(path, text);
    return path;
  };
  const openFolder = async (): Promise<string> => {
    const path = join(folder, "open");
    await mkdir(path);
    await chmod(path, 0o755);
    return path;
  };

  test.each<[string, () => Promise<readonly string[]> | readonly string[], number, string]>([
    ["an unknown flag", () => ["--colour"], 2, "error: unknown option '--colour'"],
    ["a mistyped flag", () => ["--concurency", "3"], 2, "error: unknown option '--concurency' (Did you mean --concurrency?)\n"],
    ["an env file with a wrong line", async () => ["--env-file", await envFile("oops")], 2, "wrong.env, line 1: it must be KEY=VALUE"],
    [
      "a state folder that is open to others",
      async () => [...usual(), "--state-dir", await openFolder()],
      1,
      "is open to others (mode 0755): chmod 700",
    ],
    ["a number that is none", () => ["--concurrency", "many"], 2, "it must be a whole number of at least 1"],
    ["a kubeconfig that is not there", () => [...usual(), "--kubeconfig", "/absent"], 1, 'cannot read kubeconfig "/absent"'],
    ["a helm that is not there", () => [...usual(), "--helm", "/absent/helm"], 1, "cannot start /absent/helm: it is not an executable file"],
    ["a helm that is too old", async () => [...usual(), "--helm", await oldHelm()], 1, "is helm v3.1.0: helm 3.16 or a later 3.x is required"],
    ["missing CustomResourceDefinitions", usual, 1, "does not serve armadacharts.armada.airshipit.org: install the CustomResourceDefinitions"],
    ["an address in use", () => [...usual(), "--metrics-bind-address", taken()], 1, "in use"],
    ["an address in use, and another that it has", () => [...withHealth(), "--metrics-bind-address", taken()], 1, "in use"],
  ])(
    "%s",
    async (_what, args, code, sentence) => {
      const { exitCode, stderr } = await operator(await args());
      expect({ code: exitCode, said: stderr.includes(sentence) ? sentence : stderr }).toEqual({ code, said: sentence });
      expect(stderr).not.toMatch(/^\s+at /m);
    },
    40_000,
  );

  test("a wrong environment variable", async () => {
    const { exitCode, stderr } = await operator([], { ARMADA_CONCURRENCY: "0" });
    expect([exitCode, stderr]).toEqual([2, 'error: environment variable ARMADA_CONCURRENCY is "0": it must be a whole number of at least 1.\n']);
  }, 40_000);
});

describe("--env-file", () => {
  test.each<[string, string, readonly string[]]>([
    ["npm run operator --", "npm", ["run", "--silent", "operator", "--"]],
    ["the operator that npm start starts", process.execPath, operatorArguments([])],
  ])(
    "reaches %s, and not node",
    async (_what, command, args) => {
      const file = join(folder, "site.env");
      await writeFile(file, "ARMADA_HELM=/from/file\nNODE_OPTIONS=--no-such-option-of-node\n");
      const { exitCode, stdout, stderr } = await ended(command, [...args, "--env-file", file, "--print-config"], { ARMADA_LOG_LEVEL: "warn" });
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(new RegExp(`^--helm +/from/file +env file ${file}$`, "m"));
      expect(stdout).toMatch(/^--log-level +warn +environment variable ARMADA_LOG_LEVEL$/m);
    },
    40_000,
  );

  test("its variables count also for what reads them by itself", async () => {
    const file = join(folder, "kubeconfig.env");
    await writeFile(file, "KUBECONFIG=/absent/one\n");
    const { exitCode, stderr } = await operator([...usual(), "--kubeconfig", "", "--env-file", file]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('cannot read kubeconfig "/absent/one"')]);
  }, 40_000);
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
    // Right after its definition a kind may not be watched for a moment, and that is said.
    await eventually("every watch delivers", async () => expect(await get(port, "/readyz")).toEqual([200, "ok\n"]));
    expect((await get(port, "/other"))[0]).toBe(404);
    const [status, text] = await get(await first.metricsPort(), "/metrics");
    expect(status).toBe(200);
    for (const name of [
      "armada_reconcile_total",
      "armada_workqueue_depth",
      "armada_helm_runs_total",
      "armada_handover_seconds_bucket",
      "armada_api_requests_total",
      'leader_election_master_status{name="armada-operator"} 1',
    ]) {
      expect(text).toContain(name);
    }
    const kinds = new Set([...text.matchAll(/[{,]kind="([^"]*)"/g)].map(([, kind]) => kind));
    expect(kinds).toEqual(new Set(["ArmadaChart", "ArmadaChartGroup", "ArmadaManifest"]));
  });

  test("a second one waits, names the holder, and takes over when that one stops", async () => {
    const holder = await cluster.kubectl(["-n", "armada-operator", "get", "lease", "armada-operator", "-o", "jsonpath={.spec.holderIdentity}"]);
    const waiting = await startOperator(cluster, { flags: ["--health-probe-bind-address", "127.0.0.1:0"], until: "waiting for Lease" });
    const port = Number(/"healthPort":(\d+)/.exec(await waiting.log())?.[1]);
    for (const path of ["/healthz", "/readyz"]) expect(await get(port, path)).toEqual([200, "ok\n"]);
    expect(await waiting.log()).toContain(`held by ${holder}`);
    expect((await get(await waiting.metricsPort(), "/metrics"))[1]).toContain('leader_election_master_status{name="armada-operator"} 0');
    expect(await first.stop()).toBe(0);
    await eventually("the second one is at work", async () => expect(await waiting.log()).toContain('"message":"ready"'));
    expect(await waiting.stop()).toBe(0);
    expect(await cluster.kubectl(["-n", "armada-operator", "get", "lease", "armada-operator", "-o", "jsonpath={.spec.holderIdentity}"])).toBe("");
  }, 60_000);

  const chart = (namespace: string): string =>
    JSON.stringify({
      apiVersion: "armada.airshipit.org/v1alpha1",
      kind: "ArmadaChart",
      metadata: { name: "web", namespace },
      spec: { release: "web", source: { type: "local", location: "/opt/armada/helm-charts/testchart" }, values: { replicaCount: 0 } },
    });
  const state = (namespace: string): Promise<string> =>
    cluster.kubectl(["-n", namespace, "get", "act", "web", "-o", "jsonpath={.status.actual_state}"]);

  test("with --watch-namespaces it acts there only, and a list of one namespace does not hide the others", async () => {
    for (const namespace of ["one", "two", "three"]) {
      await cluster.kubectl(["create", "namespace", namespace]);
      await cluster.kubectl(["apply", "-f", "-"], chart(namespace));
    }
    const narrow = await startOperator(cluster, { flags: ["--watch-namespaces", "one,two"] });
    for (const namespace of ["one", "two"]) await eventually(`${namespace} is deployed`, async () => expect(await state(namespace)).toBe("deployed"));
    expect(await state("three")).toBe("");
    const metrics = async (): Promise<string> => (await get(await narrow.metricsPort(), "/metrics"))[1];
    const readiness = async (): Promise<readonly string[]> => (await metrics()).match(/^armada_object_ready\{.*$/gm)?.toSorted() ?? [];
    expect(await readiness()).toEqual(
      ["one", "two"].map((namespace) => `armada_object_ready{kind="ArmadaChart",namespace="${namespace}",name="web"} 1`),
    );
    for (const phase of ["source", "helm", "ready"]) expect(await metrics()).toContain(`armada_chart_phase_seconds_count{phase="${phase}"} 2`);
    for (const namespace of ["one", "two"]) await cluster.kubectl(["-n", namespace, "delete", "act", "web", "--timeout=20s"]);
    await eventually("no series is left", async () => expect(await readiness()).toEqual([]));
    await narrow.stop();
  }, 90_000);

  test("of the files in KUBECONFIG it and helm choose the same cluster: that of the first that names one", async () => {
    const config: unknown = JSON.parse(await readFile(kubeconfig, "utf8"));
    const { contexts, clusters, users, "current-context": current } = kubeconfigFields(config);
    const elsewhere = { name: "elsewhere", cluster: { server: "https://127.0.0.1:1" } };
    const files = {
      first: { "current-context": current, contexts },
      second: {
        "current-context": "elsewhere",
        contexts: [{ name: "elsewhere", context: { cluster: "elsewhere" } }],
        clusters: [elsewhere, ...clusters],
        users,
      },
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(content), { mode: 0o600 });
    const list = Object.keys(files).map((name) => join(folder, name));
    const listed = await startOperator(cluster, { flags: ["--kubeconfig", ""], env: { KUBECONFIG: list.join(delimiter) } });
    await cluster.kubectl(["create", "namespace", "four"]);
    await cluster.kubectl(["apply", "-f", "-"], chart("four"));
    await eventually("helm has installed it", async () => expect(await state("four")).toBe("deployed"));
    expect(await cluster.kubectl(["-n", "four", "get", "deployment", "-o", "name"])).toContain("web-testchart");
    await cluster.kubectl(["-n", "four", "delete", "act", "web", "--timeout=20s"]);
    expect(await listed.stop()).toBe(0);
  }, 90_000);
});
