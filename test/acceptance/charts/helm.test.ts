import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHelmAccess, type HelmWay } from "../../../src/apps/operator/access/helm-access.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { ChildNotes } from "../../../src/helm/process/children.ts";
import { CliHelmDriver } from "../../../src/helm/cli-driver.ts";
import type { HelmRunOptions, InstallRequest, ReleaseLabels, UninstallRequest, UpgradeRequest } from "../../../src/helm/driver.ts";
import { helmEnvironment } from "../../../src/helm/process/environment.ts";
import { createHelmHome } from "../../../src/helm/process/home.ts";
import { systemProcesses } from "../../../src/helm/process/processes.ts";
import { loadContent, purgeRecords, relabelRelease, unlockRelease } from "../../../src/helm/record/body.ts";
import { releaseIndex, releaseIndexer, SecretReleaseStore } from "../../../src/helm/record/store.ts";
import type { ReleaseRecord } from "../../../src/helm/release.ts";
import { readHelmVersion } from "../../../src/helm/version.ts";
import { KubeClient } from "../../../src/kube/client.ts";
import { loadKubeConfig } from "../../../src/kube/config.ts";
import { Discovery } from "../../../src/kube/discovery.ts";
import { KubeHttp } from "../../../src/kube/http.ts";
import type { KubeObject, Resource } from "../../../src/runtime/object.ts";
import { Store } from "../../../src/runtime/cache/store.ts";
import { writeTemplates } from "../../testing/charts/chart-templates.ts";
import { bootCluster, type Cluster } from "../../testing/operator/cluster.ts";

const configMaps: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const live = new AbortController().signal;

let cluster: Cluster;
let folder = "";
let http: KubeHttp;
let api: KubeClient;
let store: SecretReleaseStore;
let driver: CliHelmDriver;
let environment: Readonly<Record<string, string>>;
let way: HelmWay;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "helm-acceptance-"));
  writeTemplates(folder);
  cluster = await bootCluster({ components: [] });
  const config = await loadKubeConfig({ path: cluster.kubeconfig });
  http = new KubeHttp(config);
  api = new KubeClient({ http, discovery: new Discovery({ http, clock: systemClock }) });
  store = new SecretReleaseStore(new Store<KubeObject>({ indexers: { [releaseIndex]: releaseIndexer } }), api);
  const helmHome = await createHelmHome({ stateDir: join(folder, "state"), processes: systemProcesses, ownPid: process.pid });
  environment = { ...helmEnvironment({ path: ownEnvironment()["PATH"] ?? "", ...helmHome }), KUBECONFIG: cluster.kubeconfig };
  way = await openHelmAccess({ cluster: config, http, api });
  const children = new ChildNotes(join(folder, "state"), systemProcesses, process.pid);
  driver = new CliHelmDriver({ run, helm: cluster.tools.helm, env: environment, access: way.open, concurrency: 4, clock: systemClock, children });
}, 60_000);

afterAll(async () => {
  await Promise.all([way?.close(), http?.close()]);
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

const labelsFor = (revision: number): ReleaseLabels => ({ owner: "0c5e", inputs: "sha256.ab12", revision, epoch: "7" });

const installOf = (name: string, chart: string, change: Partial<InstallRequest> = {}): InstallRequest & HelmRunOptions => ({
  refuse: () => undefined,
  release: { namespace: "site", name },
  timeoutMs: 30_000,
  chartPath: join(folder, chart),
  values: {},
  labels: labelsFor(1),
  replace: false,
  noHooks: false,
  createNamespace: true,
  ...change,
});

const upgradeOf = (name: string, chart: string, revision: number, change: Partial<UpgradeRequest> = {}): UpgradeRequest & HelmRunOptions => {
  const { createNamespace: _, replace: __, ...common } = installOf(name, chart, { labels: labelsFor(revision) });
  return { ...common, force: false, historyMax: 5, ...change };
};

const uninstallOf = (name: string, change: Partial<UninstallRequest> = {}): UninstallRequest & HelmRunOptions => ({
  refuse: () => undefined,
  release: { namespace: "site", name },
  timeoutMs: 30_000,
  noHooks: false,
  keepHistory: true,
  ...change,
});

const recordOf = async (name: string): Promise<ReleaseRecord> => {
  const record = await store.refresh({ namespace: "site", name }, live);
  if (record === undefined) throw new Error(`release ${name} has no record`);
  return record;
};

/** `1 superseded, 2 deployed`, oldest first; `` when there is no record. */
const historyOf = async (name: string): Promise<string> =>
  ((await store.refresh({ namespace: "site", name }, live))?.revisions ?? [])
    .toReversed()
    .map(({ revision, status }) => `${revision} ${status}`)
    .join(", ");

const objectOf = (name: string) => api.get({ resource: configMaps, namespace: "site", name }, live);

/** Resolves when helm says in the record that it waits in a hook. */
const hookRuns = async (name: string): Promise<readonly string[]> => {
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    const record = await store.refresh({ namespace: "site", name }, deadline);
    const running = record === undefined ? [] : ((await loadContent(api, record, deadline))?.hooksRunning ?? []);
    if (running.length > 0) return running;
    await systemClock.sleep(20, deadline);
  }
};

/** Starts something that waits in a hook, and leaves it to `end` to end it. Returns how it ended. */
const endedInHook = async (
  name: string,
  start: (signal: AbortSignal) => Promise<unknown>,
  end: (abort: AbortController) => void,
): Promise<unknown> => {
  const abort = new AbortController();
  const ended = start(abort.signal).catch((error: unknown) => error);
  expect(await hookRuns(name)).toEqual([`${name}-hook`]);
  end(abort);
  return ended;
};

const killNoted = (): void => {
  for (const file of readdirSync(join(folder, "state", "children"))) process.kill(Number.parseInt(file, 10), "SIGKILL");
};

test("this helm is supported", async () => {
  await expect(readHelmVersion(run, cluster.tools.helm, environment, live)).resolves.toMatch(/^v3\./);
});

describe("install and upgrade", () => {
  test("write the release, its revision and our labels", async () => {
    await expect(driver.install(installOf("plain", "plain"), live)).resolves.toEqual({ revision: 1, warnings: [] });
    await expect(driver.upgrade(upgradeOf("plain", "plain", 2, { values: { text: "new" } }), live)).resolves.toEqual({ revision: 2, warnings: [] });
    const { newest, everDeployed } = await recordOf("plain");
    expect(await historyOf("plain")).toBe("1 superseded, 2 deployed");
    expect(newest).toMatchObject({ labels: labelsFor(2), labelsCurrent: true });
    expect(everDeployed).toBe(true);
    await expect(loadContent(api, await recordOf("plain"), live)).resolves.toMatchObject({
      status: "deployed",
      chart: { name: "plain", version: "0.1.0" },
      manifest: expect.stringContaining(`binaryData: {text: ${base64("new")}}`),
    });
  });

  test("hand values on to the character", async () => {
    const text = 'quote " back \\ tab \t line \n nel \u0085 sep \u2028 bom \uFEFF del \u007F smile \u{1F600} yes 0777 ';
    await driver.install(installOf("text", "plain", { values: { text } }), live);
    await expect(objectOf("text")).resolves.toMatchObject({ binaryData: { text: base64(text) } });
  });

  test("hand on what the API server warns of", async () => {
    await expect(driver.install(installOf("misspelt", "misspelt"), live)).resolves.toEqual({
      revision: 1,
      warnings: ['unknown field "spec.replicsa"'],
    });
  });

  test("by hand leave labels that count no longer, until they are written again", async () => {
    await driver.install(installOf("foreign", "plain"), live);
    const options = { env: environment, graceMs: 1000, maxOutputBytes: 10_000, parentDeathSignal: true };
    await run(cluster.tools.helm, ["upgrade", "foreign", join(folder, "plain"), "--namespace", "site"], options, live);
    const record = await recordOf("foreign");
    expect(record.newest).toMatchObject({ revision: 2, labels: labelsFor(1), labelsCurrent: false });
    await relabelRelease(api, record, labelsFor(2), live);
    expect((await recordOf("foreign")).newest).toMatchObject({ labels: labelsFor(2), labelsCurrent: true });
    await expect(relabelRelease(api, record, labelsFor(2), live)).rejects.toMatchObject({ status: 409 });
  });
});

describe("after a failure", () => {
  test("of the first install, --replace installs the next revision", async () => {
    await expect(driver.install(installOf("first", "broken", { values: { text: "_" } }), live)).rejects.toMatchObject({
      reason: "Rejected",
      class: "terminal",
    });
    expect((await recordOf("first")).everDeployed).toBe(false);
    await expect(driver.install(installOf("first", "plain", { replace: true, labels: labelsFor(2) }), live)).resolves.toMatchObject({ revision: 2 });
    expect(await historyOf("first")).toBe("1 failed, 2 deployed");
  });

  test("of an upgrade, the next upgrade goes on from the deployed revision", async () => {
    await driver.install(installOf("later", "plain"), live);
    await expect(driver.upgrade(upgradeOf("later", "broken", 2, { values: { text: "_" } }), live)).rejects.toMatchObject({ reason: "Rejected" });
    expect([await historyOf("later"), (await recordOf("later")).everDeployed]).toEqual(["1 deployed, 2 failed", true]);
    await driver.upgrade(upgradeOf("later", "plain", 3), live);
    expect(await historyOf("later")).toBe("1 superseded, 2 failed, 3 deployed");
  });

  test("a second install of the same name is refused", async () => {
    await driver.install(installOf("twice", "plain"), live);
    await expect(driver.install(installOf("twice", "plain"), live)).rejects.toMatchObject({ reason: "OperationInProgress", class: "transient" });
  });

  test("a release that is not there is not found", async () => {
    await expect(driver.upgrade(upgradeOf("absent", "plain", 2), live)).rejects.toMatchObject({ reason: "NotFound" });
    await expect(driver.uninstall(uninstallOf("absent"), live)).rejects.toMatchObject({ reason: "NotFound" });
  });
});

describe("a helm that waits in a hook", () => {
  test("marks the release failed when it is told to stop", async () => {
    const ended = await endedInHook(
      "stopped",
      (signal) => driver.install(installOf("stopped", "hooked"), signal),
      (abort) => abort.abort(),
    );
    expect(ended).toMatchObject({ reason: "Cancelled", message: "helm was interrupted" });
    expect(await historyOf("stopped")).toBe("1 failed");
    await expect(loadContent(api, await recordOf("stopped"), live)).resolves.toMatchObject({ hooksRunning: [] });
  });

  test("leaves the release pending when it is killed; unlocked, it can be replaced", async () => {
    const ended = await endedInHook("killed", (signal) => driver.install(installOf("killed", "hooked"), signal), killNoted);
    expect(ended).toMatchObject({ reason: "Cancelled", message: "helm was terminated by SIGKILL from outside" });
    expect(await historyOf("killed")).toBe("1 pending-install");
    await expect(driver.upgrade(upgradeOf("killed", "plain", 2), live)).rejects.toMatchObject({ reason: "OperationInProgress" });
    await unlockRelease(api, await recordOf("killed"), { description: "interrupted", nowMs: systemClock.now() }, live);
    expect(await historyOf("killed")).toBe("1 failed");
    await driver.install(installOf("killed", "plain", { replace: true }), live);
    expect(await historyOf("killed")).toBe("1 failed, 2 deployed");
  });

  test("leaves an upgrade pending when it is killed; unlocked, it can be upgraded", async () => {
    await driver.install(installOf("halfway", "plain"), live);
    await endedInHook("halfway", (signal) => driver.upgrade(upgradeOf("halfway", "hooked", 2), signal), killNoted);
    expect(await historyOf("halfway")).toBe("1 deployed, 2 pending-upgrade");
    await unlockRelease(api, await recordOf("halfway"), { description: "interrupted", nowMs: systemClock.now() }, live);
    await driver.upgrade(upgradeOf("halfway", "plain", 3), live);
    expect(await historyOf("halfway")).toBe("1 superseded, 2 failed, 3 deployed");
  });

  test("ends on the spot when it uninstalls, and the next uninstall finishes the work", async () => {
    await driver.install(installOf("farewell", "farewell"), live);
    await endedInHook(
      "farewell",
      (signal) => driver.uninstall(uninstallOf("farewell"), signal),
      (abort) => abort.abort(),
    );
    expect(await historyOf("farewell")).toBe("1 uninstalling");
    await driver.uninstall(uninstallOf("farewell", { noHooks: true }), live);
    expect(await historyOf("farewell")).toBe("1 uninstalled");
    await expect(objectOf("farewell")).resolves.toBeUndefined();
  });
});

/** A release whose first install failed. */
const failing = async (name: string): Promise<void> => {
  await driver.install(installOf(name, "broken", { values: { text: "_" } }), live).catch(() => undefined);
};

/** A release whose first install was killed in a hook. */
const killed = async (name: string): Promise<void> => {
  await endedInHook(name, (signal) => driver.install(installOf(name, "hooked"), signal), killNoted);
};

describe("uninstall with --keep-history", () => {
  test.each([
    ["deployed", "kept-deployed", async (name: string) => driver.install(installOf(name, "plain"), live)],
    ["failed", "kept-failed", failing],
    ["pending-install", "kept-pending", killed],
  ])("of a %s release leaves its manifest to be read, and purging leaves nothing", async (status, name, make) => {
    await make(name);
    expect(await historyOf(name)).toBe(`1 ${status}`);
    await driver.uninstall(uninstallOf(name), live);
    const record = await recordOf(name);
    expect(record.newest).toMatchObject({ status: "uninstalled", labels: labelsFor(1), labelsCurrent: true });
    await expect(loadContent(api, record, live)).resolves.toMatchObject({ manifest: expect.stringContaining("kind: ConfigMap") });
    await expect(objectOf(name)).resolves.toBeUndefined();
    await purgeRecords(api, record, live);
    expect(await historyOf(name)).toBe("");
    await expect(driver.install(installOf(name, "plain"), live)).resolves.toMatchObject({ revision: 1 });
  });

  test("twice says that it is done", async () => {
    await driver.install(installOf("done", "plain"), live);
    await driver.uninstall(uninstallOf("done"), live);
    await expect(driver.uninstall(uninstallOf("done"), live)).rejects.toMatchObject({
      reason: "NotFound",
      message: expect.stringContaining("already deleted"),
    });
  });
});

test("a value is in no error and in no file", async () => {
  const values = { text: "Canary_98765" };
  const errors = await Promise.all(
    ["loud", "broken"].map((chart) => driver.install(installOf(`canary-${chart}`, chart, { values }), live).catch((error: unknown) => String(error))),
  );
  for (const error of errors) expect(error).toMatch(/^HelmError: (?!.*Canary).*\(value of \.text\)/);
  const files = readdirSync(join(folder, "state"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name), "latin1")).not.toContain("Canary");
});
