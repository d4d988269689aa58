import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../src/base/time/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { spawnLogged } from "../../../src/base/process/long-lived.ts";
import { reapLeftovers } from "../../../src/local/control-plane/leftovers.ts";
import { isRunning } from "../../../src/local/control-plane/process-identity.ts";
import { readRunState } from "../../../src/local/control-plane/run-directory.ts";
import { bootCluster, startCluster } from "../../testing/operator/cluster.ts";
import type { Cluster } from "../../testing/operator/cluster.ts";

const signal = AbortSignal.timeout(170_000);

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

describe("the embedded control plane", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster.stop());

  test("has three Ready nodes", async () => {
    const ready = await cluster.kubectl(["get", "nodes", "-o", 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}']);
    expect(ready).toBe("True True True");
  });

  test("brings the pods of a Deployment up, and puts a deleted one back", async () => {
    await cluster.kubectl(["create", "deployment", "web", "--image=nginx", "--replicas=3"]);
    await cluster.kubectl(["rollout", "status", "deployment/web", "--timeout=30s"]);
    await cluster.kubectl(["delete", "pod", "--selector=app=web", "--wait"]);
    await cluster.kubectl(["rollout", "status", "deployment/web", "--timeout=30s"]);
  }, 60_000);

  test("completes a Job", async () => {
    await cluster.kubectl(["create", "job", "once", "--image=busybox"]);
    await cluster.kubectl(["wait", "--for=condition=Complete", "job/once", "--timeout=30s"]);
  }, 60_000);

  test("binds a claim of the default class and removes its volume with it", async () => {
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(claim));
    await cluster.kubectl(["wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data", "--timeout=30s"]);
    await cluster.kubectl(["delete", "pvc/data", "--wait"]);
    await cluster.kubectl(["wait", "--for=delete", "persistentvolume", "--all", "--timeout=30s"]);
  }, 60_000);

  test("collects what a deleted owner leaves", async () => {
    await cluster.kubectl(["delete", "deployment/web", "--wait"]);
    await cluster.kubectl(["wait", "--for=delete", "pod", "--selector=app=web", "--timeout=30s"]);
  }, 60_000);

  test("answers the token of a service account, with that account's rights only", async () => {
    const token = (await cluster.kubectl(["create", "token", "default"])).trim();
    expect(await cluster.kubectl(["auth", "whoami", "--token", token, "-o", "jsonpath={.status.userInfo.username}"])).toBe(
      "system:serviceaccount:default:default",
    );
    await expect(cluster.kubectl(["get", "secrets", "--token", token])).rejects.toThrow("forbidden");
  });
});

test("stop ends every process within 10 s and removes the data; logs of a component that died are named", async () => {
  const cluster = await bootCluster();
  const { controlPlane } = cluster;
  const { processes, directories } = readRunState(controlPlane.directory);
  expect(processes.map(({ name }) => name).sort()).toEqual(["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]);
  expect(processes.filter(isRunning)).toHaveLength(5);

  const kwok = processes.find(({ name }) => name === "kwok");
  if (kwok !== undefined) process.kill(kwok.pid, "SIGKILL");
  expect(await controlPlane.exited).toEqual({ component: "kwok", code: null, signal: "SIGKILL", logFile: controlPlane.logs.kwok });

  const before = systemClock.monotonic();
  await cluster.stop();
  expect(systemClock.monotonic() - before).toBeLessThan(10_000);
  expect(processes.filter(isRunning)).toEqual([]);
  expect(directories.filter((directory) => existsSync(directory))).toEqual([]);
}, 90_000);

test("what a parent leaves that got SIGKILL is gone after the next start", async () => {
  const root = await mkdtemp(join(tmpdir(), "armada-operator-killed-"));
  const logFile = join(root, "log");
  const parent = spawnLogged({
    command: process.execPath,
    args: [fileURLToPath(new URL("../../testing/operator/boot-and-stay.ts", import.meta.url))],
    env: { ...ownEnvironment(), XDG_RUNTIME_DIR: root, NODE_OPTIONS: "" },
    logFile,
    parentDeathSignal: true,
  });
  try {
    let booted: string | undefined;
    while ((booted = /^\{"booted":"(.+)"\}$/m.exec(await readFile(logFile, "utf8"))?.[1]) === undefined) await systemClock.sleep(50, signal);
    const { processes, directories } = readRunState(booted);
    expect(processes.filter(isRunning)).toHaveLength(5);
    parent.kill("SIGKILL");
    await parent.exited;
    expect(await reapLeftovers(join(root, "armada-operator", "run"), { clock: systemClock, log: silentLogger }, signal)).toMatchObject({ runs: 1 });
    expect(processes.filter(isRunning)).toEqual([]);
    expect([booted, ...directories].filter((directory) => existsSync(directory))).toEqual([]);
  } finally {
    parent.kill("SIGKILL");
    await rm(root, { recursive: true, force: true });
  }
}, 90_000);
