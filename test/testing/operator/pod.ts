import { chmod, copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { OPERATOR } from "../../../src/apps/operator/deploy/rights.ts";
import { ownEnvironment, type Environment } from "../../../src/base/process/environment.ts";
import { run, type ChildResult } from "../../../src/base/process/process.ts";
import { spawnLogged, type LoggedChild } from "../../../src/base/process/long-lived.ts";
import type { Cluster } from "./cluster.ts";
import { argsOf, imageEnvironment, pod } from "./image.ts";
import { repository } from "./operator.ts";

const TOOLS = "/opt/tools";
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const LIMITS = { timeoutMs: 60_000, graceMs: 1000, maxOutputBytes: 100_000, parentDeathSignal: true };

/** Makes the bundle in a folder by the Dockerfile's own steps, from what it copies and nothing else; only `npm ci` has been done before. */
export const bundle = async (folder: string): Promise<void> => {
  const stage = await mkdtemp(join(tmpdir(), "armada-bundle-"));
  try {
    for (const args of argsOf("COPY", "bundle")) await copy(args.split(" "), stage);
    await symlink(join(repository, "node_modules"), join(stage, "node_modules"));
    const [, ...steps] = argsOf("RUN", "bundle");
    const env = { ...ownEnvironment(), PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    const made = await run("/bin/sh", ["-c", steps.join(" && ")], { env, cwd: stage, ...LIMITS }, new AbortController().signal);
    if (made.exitCode !== 0) throw new Error(`cannot bundle: ${made.failedToStart ?? made.stderr}`);
    await cp(join(stage, "dist"), folder, { recursive: true });
  } finally {
    await rm(stage, { recursive: true });
  }
};

/** COPY: a folder's content goes to `to`, files go into it when it ends with a slash. Tests are left out, as .dockerignore does. */
const copy = async (args: readonly string[], stage: string): Promise<void> => {
  const to = args.at(-1) ?? "";
  for (const from of args.slice(0, -1)) {
    const target = join(stage, to, to.endsWith("/") ? basename(from) : "");
    await cp(join(repository, from), target, { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
  }
};

/** The image and the Deployment without a container engine: see `pod.sh`. */
export interface Pod {
  /** Runs a command to its end. */
  run(command: readonly string[]): Promise<ChildResult>;
  start(command: readonly string[], logFile: string): LoggedChild;
  remove(): Promise<void>;
}

/** Needs root, as container runtimes do. */
export const createPod = async (cluster: Cluster): Promise<Pod> => {
  const root = await mkdtemp(join(tmpdir(), "armada-pod-"));
  await chmod(root, 0o755);
  await fill(root, cluster);
  const identity = [String(pod.user), String(pod.group)];
  const args = ["--mount", join(repository, "test/testing/operator/pod.sh"), ...identity, root, pod.writable.join(",")];
  const env = environmentOf(cluster);
  return {
    run: (command) => run("/usr/bin/unshare", [...args, ...command], { env, ...LIMITS }, new AbortController().signal),
    start: (command, logFile) => spawnLogged({ command: "/usr/bin/unshare", args: [...args, ...command], env, logFile, parentDeathSignal: true }),
    remove: () => rm(root, { recursive: true }),
  };
};

/** What the Dockerfile and the kubelet put into the container. */
const fill = async (root: string, cluster: Cluster): Promise<void> => {
  const account = join(root, ACCOUNT);
  await Promise.all([mkdir(account, { recursive: true }), mkdir(join(root, TOOLS), { recursive: true })]);
  const token = await cluster.kubectl(["-n", OPERATOR, "create", "token", OPERATOR]);
  await Promise.all([
    bundle(join(root, "opt/armada/operator")),
    cp(join(repository, "helm-charts"), join(root, "opt/armada/helm-charts"), { recursive: true }),
    copyFile(process.execPath, join(root, TOOLS, "node")),
    copyFile(cluster.tools.helm, join(root, TOOLS, "helm")),
    writeFile(join(account, "token"), token.trim()),
    writeFile(join(account, "ca.crt"), cluster.controlPlane.ca),
    writeFile(join(account, "namespace"), OPERATOR),
  ]);
};

/** That of the image, of the Deployment and of every pod; only the ports are chosen anew, because the network is that of the machine. */
const environmentOf = ({ controlPlane }: Cluster): Environment => {
  const { hostname, port } = new URL(controlPlane.server);
  return {
    ...imageEnvironment(),
    ...pod.env,
    ARMADA_METRICS_BIND_ADDRESS: "127.0.0.1:0",
    ARMADA_HEALTH_PROBE_BIND_ADDRESS: "127.0.0.1:0",
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    PATH: `${TOOLS}:/usr/sbin:/usr/bin:/sbin:/bin`,
  };
};
