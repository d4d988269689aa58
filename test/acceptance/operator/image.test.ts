import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { findTools } from "../../../src/local/control-plane/tools.ts";
import { startCluster, type Cluster } from "../../testing/operator/cluster.ts";
import { eventually } from "../../testing/eventually.ts";
import { entrypoint, pod as deployment } from "../../testing/operator/image.ts";
import { repository } from "../../testing/operator/operator.ts";
import { bundle, createPod, type Pod } from "../../testing/operator/pod.ts";

jest.setTimeout(90_000);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "image-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the bundle runs without node_modules", async () => {
  const place = join(folder, "bundle");
  await bundle(place);
  const program = join(place, entrypoint().at(-1)?.split("/").at(-1) ?? "");
  const limits = { timeoutMs: 30_000, graceMs: 1000, maxOutputBytes: 100_000, parentDeathSignal: true };
  const start = (...args: readonly string[]) =>
    run(process.execPath, ["--", program, ...args], { env: ownEnvironment(), cwd: folder, ...limits }, new AbortController().signal);
  expect(await start("--help")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Usage: armada-operator") });
  // The kubeconfig is read by a program of its own, which has to be found beside this one.
  const { helm } = findTools(ownEnvironment());
  const ended = await start("--kubeconfig", "/absent", "--helm", helm, "--state-dir", join(folder, "state"));
  expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot read kubeconfig "/absent"') });
});

/** A root of its own, another user: only root can give that, as container runtimes do. */
const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

describeAsRoot("in a container as the Deployment asks for", () => {
  let cluster: Cluster;
  let pod: Pod;
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.operatorKubeconfig();
    const crds = join(repository, "crds");
    await cluster.kubectl(["apply", "--server-side", "-f", crds]);
    await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
    pod = await createPod(cluster);
  }, 90_000);
  afterAll(async () => {
    await cluster?.stop();
    await pod?.remove();
  }, 30_000);

  test("nothing can be written but what it mounts, and the user is nobody", async () => {
    const { stdout, stderr } = await pod.run(["sh", "-c", `id -u; pwd; touch /a /opt/armada/a /usr/a; touch ${deployment.writable.join("/a ")}/a`]);
    expect(stdout).toBe(`${String(deployment.user)}\n/\n`);
    expect(stderr.match(/Read-only file system/g)).toHaveLength(3);
  });

  test("the operator of the bundle becomes ready with the pod's account, deploys a chart of the image, and stops in order", async () => {
    const logFile = join(folder, "operator.log");
    const operator = pod.start(entrypoint(), logFile);
    const log = (): Promise<string> => readFile(logFile, "utf8");
    try {
      await eventually("it is ready", async () => expect(await log()).toContain('"message":"ready"'));
      const port = /"healthPort":(\d+)/.exec(await log())?.[1] ?? "";
      for (const path of ["healthz", "readyz"]) expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200);
      const source = { type: "local", location: "/opt/armada/helm-charts/testchart" };
      const chart = { apiVersion: "armada.airshipit.org/v1alpha1", kind: "ArmadaChart", metadata: { name: "web" }, spec: { release: "web", source } };
      await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(chart));
      await cluster.kubectl(["wait", "--for=condition=Ready", "act/web", "--timeout=30s"]);
      await cluster.kubectl(["delete", "act/web", "--timeout=30s"]);
      operator.kill("SIGTERM");
      expect(await operator.exited).toEqual({ code: 0, signal: null });
    } finally {
      operator.kill("SIGKILL");
      await operator.exited;
    }
  });
});
