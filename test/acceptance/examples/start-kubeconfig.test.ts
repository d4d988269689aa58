import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { isRunning } from "../../../src/local/control-plane/process-identity.ts";
import { readRunState } from "../../../src/local/control-plane/run-directory.ts";
import { startCluster, type Cluster } from "../../testing/operator/cluster.ts";
import { startOperator } from "../../testing/operator/operator.ts";
import { startPlace, type StartPlace } from "../../testing/operator/start-process.ts";

const MINUTE = 60_000;
let cluster: Cluster;
let place: StartPlace;
/** A kubeconfig of a person's: two contexts, the certificate in a file beside it. */
let kubeconfig: string;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.kubectl(["create", "namespace", "team"]);
  kubeconfig = await personal();
}, MINUTE);
afterAll(() => cluster.stop());
beforeEach(async () => {
  place = await startPlace();
});
afterEach(() => place.remove());

const personal = async (): Promise<string> => {
  const view = (path: string): Promise<string> => cluster.kubectl(["config", "view", "--raw", "-o", `jsonpath={${path}}`]);
  const folder = join(cluster.directory, "personal");
  await mkdir(folder, { mode: 0o700 });
  const authority = await view(".clusters[0].cluster.certificate-authority-data");
  await writeFile(join(folder, "ca.crt"), Buffer.from(authority, "base64"));
  const server = { server: cluster.controlPlane.server, "certificate-authority": "ca.crt" };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "the team's",
    contexts: [
      { name: "the team's", context: { cluster: "real", user: "me", namespace: "team" } },
      { name: "elsewhere", context: { cluster: "gone", user: "me" } },
    ],
    clusters: [
      { name: "real", cluster: server },
      { name: "gone", cluster: { server: "https://127.0.0.1:1" } },
    ],
    users: [{ name: "me", user: { token: await view(".users[0].user.token") } }],
  };
  await writeFile(join(folder, "config"), JSON.stringify(config), { mode: 0o600 });
  return join(folder, "config");
};

/** A file of its own, made from the good one. */
const variant = async (name: string, change: (text: string) => string): Promise<string> => {
  const path = join(kubeconfig, "..", name);
  await writeFile(path, change(await readFile(kubeconfig, "utf8")), { mode: 0o600 });
  return path;
};

const definitions = (): Promise<string> => cluster.kubectl(["get", "customresourcedefinitions", "-o", "name"]);
const charts = (): Promise<string> =>
  cluster.kubectl([
    "get",
    "act",
    "--all-namespaces",
    "-o",
    'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.status.actual_state}{"\\n"}{end}',
  ]);
const untouched = (): void => {
  expect(readRunState(cluster.controlPlane.directory).processes.filter(isRunning)).toHaveLength(5);
  expect(place.running()).toEqual([]);
};

test.each<readonly [string, () => Promise<string> | string, string]>([
  ["is not there", () => "/nowhere/config", 'cannot read kubeconfig "/nowhere/config": ENOENT'],
  ["is no kubeconfig", () => variant("text", () => "just: a text"), 'text" has no current-context; set one with kubectl config use-context'],
  ["is no YAML", () => variant("broken", () => "a: [b"), "cannot read kubeconfig"],
  [
    "names a context that it has not",
    () => variant("other", (text) => text.replace('"the team\'s"', '"x"')),
    'has no context "x"; it has "the team\'s", "elsewhere"',
  ],
  [
    "leads to a server that does not answer",
    () => variant("gone", (text) => text.replace('"the team\'s"', '"elsewhere"')),
    'Cannot use https://127.0.0.1:1 (context "elsewhere"): cannot reach the API server at https://127.0.0.1:1: ',
  ],
  ["holds a token that is not valid", () => variant("refused", (text) => text.replace(/"token":"/, '"token":"x')), "Unauthorized"],
])(
  "npm start -- --kubeconfig FILE --yes with a file that %s ends with exit code 1 and one sentence",
  async (_title, file, sentence) => {
    const run = place.start(["--once", "--yes", "--kubeconfig", await file()]);
    expect(await run.exited).toEqual({ code: 1, signal: null });
    const lines = (await run.output()).trimEnd().split("\n");
    expect(lines).toEqual([expect.stringContaining(sentence)]);
    expect(await definitions()).toBe("");
    untouched();
  },
  MINUTE,
);

test(
  "npm start -- --kubeconfig FILE without --yes and without a terminal ends with exit code 2, names the server, and writes nothing",
  async () => {
    const run = place.start(["--once", "--kubeconfig", kubeconfig]);
    expect(await run.exited).toEqual({ code: 2, signal: null });
    expect(await run.output()).toBe(
      `Cannot ask whether to use ${cluster.controlPlane.server} (context "the team's") without a terminal: pass --yes to agree\n`,
    );
    expect(await definitions()).toBe("");
    untouched();
  },
  MINUTE,
);

test(
  "npm start -- --kubeconfig FILE --yes --once brings the example up in the context's namespace, stops the operator, and leaves the cluster",
  async () => {
    const run = place.start(["--once", "--yes", "--example", "argo", "--kubeconfig", kubeconfig]);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    const output = await run.output();
    expect(output).toContain(`connected to ${cluster.controlPlane.server} (context "the team's", namespace team)`);
    expect(output).toContain("examples/argo applied: everything is satisfied");
    expect(output).toContain(`what was applied stays on ${cluster.controlPlane.server}`);
    expect(output).toContain(`kubectl --kubeconfig ${kubeconfig} --context 'the team'\\''s' delete -f crds`);
    expect(await charts()).toBe("team/blog-1 deployed\nteam/blog-2 deployed\n");
    untouched();
    expect(place.runFiles().filter((name) => name.endsWith("kubeconfig"))).toEqual([]);
  },
  2 * MINUTE,
);

test(
  "a cluster that holds other objects, unsatisfied ones too: only the example counts; Ctrl-C stops the operator only; CRDs that were there are not ours to remove",
  async () => {
    const parked = { apiVersion: "armada.airshipit.org/v1alpha1", kind: "ArmadaChart", metadata: { name: "other", namespace: "default" } };
    const spec = { release: "other", source: { type: "local", location: "/opt/armada/helm-charts/no-such-chart" } };
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ ...parked, spec }));
    const run = place.start(["--yes", "--kubeconfig", kubeconfig]);
    await run.says("Ctrl-C stops the operator only", MINUTE);
    expect(place.running().map(({ name }) => name)).toEqual(["armada-operator"]);
    run.interrupt();
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(await run.output()).not.toContain("delete -f crds");
    expect(await charts()).toContain("default/other error\nteam/blog-1 deployed\n");
    untouched();
  },
  2 * MINUTE,
);

test(
  "npm start -- --kubeconfig FILE beside an operator that works ends with exit code 1, and names it, whatever its Lease",
  async () => {
    const operator = await startOperator(cluster);
    const run = place.start(["--once", "--yes", "--kubeconfig", kubeconfig]);
    expect(await run.exited).toEqual({ code: 1, signal: null });
    expect(await run.output()).toMatch(
      /^Cannot use https:\S+ \(context "the team's"\): another operator works on every namespace: Lease armada-operator\/armada-operator is held by \S+; stop it first, for example with kubectl -n armada-operator scale deployment armada-operator --replicas=0\n$/,
    );
    expect(await operator.stop()).toBe(0);
    untouched();
  },
  2 * MINUTE,
);
