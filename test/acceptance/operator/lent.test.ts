import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { readRunState } from "../../../src/local/control-plane/run-directory.ts";
import { findTools } from "../../../src/local/control-plane/tools.ts";
import { borrow, lend, type Lent } from "../../testing/control-plane/lending.ts";
import { createPool } from "../../testing/control-plane/pool.ts";
import { repository } from "../../testing/operator/operator.ts";

const MINUTE = 60_000;
const { kubectl } = findTools(ownEnvironment());
let folder = "";
let path = "";
let stop: () => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-lent-"));
  path = join(folder, "socket");
  stop = await lend(path, createPool(1));
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true });
}, 30_000);

/** What kubectl prints. Its home is new each time, so that it asks the server what that serves. */
const ask = async ({ kubeconfigPath }: Lent, args: readonly string[], stdin = ""): Promise<string> => {
  const env = { KUBECONFIG: kubeconfigPath, HOME: await mkdtemp(join(folder, "home-")), PATH: "/usr/bin:/bin" };
  const limits = { timeoutMs: MINUTE, graceMs: 1000, maxOutputBytes: 1_000_000, parentDeathSignal: true };
  const { exitCode, stdout, stderr } = await run(kubectl, args, { env, stdin, ...limits }, new AbortController().signal);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
};

const ALL = ["namespaces", "nodes", "clusterroles", "customresourcedefinitions", "persistentvolumes", "storageclasses"];
/** Everything that stands in the cluster, but for what is renewed all the time, and versions. */
const everything = async (lent: Lent): Promise<string> => {
  const printed = await ask(lent, ["get", [...ALL, "configmaps,secrets,deployments,pods,services,serviceaccounts"].join(), "-A", "-o", "json"]);
  return printed.replaceAll(/"resourceVersion": "\d+"/g, "");
};

const STUCK = {
  apiVersion: "armada.airshipit.org/v1alpha1",
  kind: "ArmadaChart",
  metadata: { name: "stuck", finalizers: ["armada.airshipit.org/finalizer"] },
  spec: { release: "stuck", source: { type: "local", location: "/opt/armada/helm-charts/testchart" } },
};

describe("a control plane that one test file has given back", () => {
  test("is as it was when it had booted, for the next one", async () => {
    const first = await borrow(path);
    const before = await everything(first);
    const crds = join(repository, "crds");
    await ask(first, ["create", "namespace", "mine"]);
    await ask(first, ["create", "-f", crds]);
    await ask(first, ["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
    await ask(first, ["-n", "mine", "create", "-f", "-"], JSON.stringify(STUCK));
    await ask(first, ["-n", "mine", "create", "deployment", "web", "--image=nginx", "--replicas=3"]);
    await ask(first, ["create", "configmap", "in-default"]);
    await ask(first, ["label", "node", "node-1", "changed=yes"]);
    await ask(first, ["delete", "storageclass", "standard"]);
    // What waits for its finalizer does not end by itself.
    await ask(first, ["delete", "namespace", "mine", "--wait=false"]);
    await first.giveBack();

    const second = await borrow(path);
    expect(second.server).toBe(first.server);
    expect(await everything(second)).toBe(before);
    expect(await ask(second, ["api-resources", "--api-group=armada.airshipit.org", "-o", "name"])).toBe("");
    await ask(second, ["create", "namespace", "mine"]);
    await ask(second, ["create", "-f", crds]);
    await ask(second, ["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
    await ask(second, ["-n", "mine", "create", "-f", "-"], JSON.stringify(STUCK));
    await ask(second, ["-n", "mine", "create", "deployment", "web", "--image=nginx", "--replicas=3"]);
    await ask(second, ["-n", "mine", "rollout", "status", "deployment/web", "--timeout=30s"]);
    await second.giveBack();
  }, 120_000);

  test("is nobody else's meanwhile, and is another when it was harmed", async () => {
    const [one, two] = await Promise.all([borrow(path), borrow(path)]);
    expect(one.server).not.toBe(two.server);
    for (const { directory } of [one, two]) {
      const state = readRunState(directory).processes.find(({ name }) => name === "kube-apiserver");
      if (state !== undefined) process.kill(state.pid, "SIGKILL");
    }
    await Promise.all([one.giveBack(), two.giveBack()]);
    const next = await borrow(path);
    expect([one.server, two.server]).not.toContain(next.server);
    expect(await ask(next, ["get", "nodes", "-o", "name"])).toContain("node/node-1");
    await next.giveBack();
  }, 180_000);
});
