import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../base/process/process.ts";
import { systemClock } from "../base/time/clock.ts";
import type { HelmClient, OpenHelmAccess } from "./access.ts";
import { ChildNotes, identityOf } from "./process/children.ts";
import { CliHelmDriver, type HelmRun } from "./cli-driver.ts";
import { HelmError, type HelmRunOptions, type InstallRequest } from "./driver.ts";
import { systemProcesses } from "./process/processes.ts";
import type { HelmGuard } from "./process/watchdog.ts";

let folder = "";
let runs: HelmRun[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "helm-driver-"));
  runs = [];
  opened = [];
  refused = undefined;
  rewording = ["https://127.0.0.1:1", "https://cluster"];
});
afterEach(() => rmSync(folder, { recursive: true }));

const live = new AbortController().signal;
const request: InstallRequest & HelmRunOptions = {
  refuse: () => undefined,
  release: { namespace: "blog", name: "blog-1" },
  timeoutMs: 60_000,
  chartPath: "/cache/testchart",
  values: { password: "sentinel-1234" },
  labels: { owner: "0c5e", inputs: "sha256.ab12", revision: 1, epoch: "7" },
  replace: false,
  noHooks: false,
  createNamespace: true,
};

/** What was asked for, and what becomes of it. */
let opened: (HelmClient & { closed: boolean })[] = [];
let refused: string | undefined;
let rewording: readonly [from: string, to: string];
const access: OpenHelmAccess = (client) => {
  const noted = { ...client, closed: false };
  opened.push(noted);
  return {
    env: { HELM_KUBEASUSER: "t" },
    refusal: () => refused,
    reworded: (text) => text.replaceAll(...rewording),
    close: () => void (noted.closed = true),
  };
};

const driverOf = (
  fault: string,
  options: { graceMs?: number; leashMs?: number; concurrency?: number; helm?: string; guard?: HelmGuard } = {},
): CliHelmDriver =>
  new CliHelmDriver({
    run,
    helm: fileURLToPath(new URL("testing/fixtures/fake-helm", import.meta.url)),
    env: { PATH: "/usr/bin:/bin", FAKE_HELM: fault, FAKE_HELM_DIR: folder },
    access,
    concurrency: 1,
    clock: systemClock,
    children: new ChildNotes(join(folder, "state"), systemProcesses, process.pid),
    onRun: (helmRun) => void runs.push(helmRun),
    ...options,
  });

/** Resolves when the fake helm listens for signals. To be called before it starts. */
const ready = (): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(folder, (_event, name) => {
    if (name === "ready") resolve();
  });
  return promise.finally(() => watcher.close());
};

/** An install that is aborted as soon as helm listens. */
const abortedInstall = (driver: CliHelmDriver) => {
  const abort = new AbortController();
  const listening = ready();
  void listening.then(() => abort.abort(new Error("newer spec")));
  return driver.install(request, abort.signal);
};

/** Kills the child that is noted as running. */
const killNoted = (): void => {
  const [file = ""] = readdirSync(join(folder, "state", "children"));
  process.kill(Number.parseInt(file, 10), "SIGKILL");
};

const noted = (name: string): string => readFileSync(join(folder, name), "utf8");

test("helm is given the arguments, the values on stdin and nothing of this process's environment", async () => {
  const started: number[] = [];
  const driver = driverOf("note");
  const result = await driver.install({ ...request, onStart: () => void started.push(driver.running) }, live);
  expect(result).toEqual({ revision: 7, warnings: [] });
  expect([started, driver.running]).toEqual([[1], 0]);
  expect(noted("args").split("\n").slice(0, 3)).toEqual(["install", "blog-1", "/cache/testchart"]);
  expect(noted("args")).not.toContain("sentinel");
  expect(noted("stdin")).toBe('{"password":"sentinel-1234"}');
  const names = noted("env")
    .trim()
    .split("\n")
    .map((line) => line.slice(0, line.indexOf("=")));
  expect(names.filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name))).toEqual(["FAKE_HELM", "FAKE_HELM_DIR", "HELM_KUBEASUSER", "PATH"]);
  expect(runs).toEqual([{ verb: "install", result: "ok", durationMs: expect.any(Number) }]);
  expect(readdirSync(join(folder, "state", "children"))).toEqual([]);
});

test("warnings of the API server are handed on", async () => {
  await expect(driverOf("warn").install(request, live)).resolves.toEqual({ revision: 1, warnings: ['unknown field "spec.replicsa"'] });
});

test("a release that is too large for its Secret fails with the size of its values and the limit", async () => {
  await expect(driverOf("large").install(request, live)).rejects.toMatchObject({
    reason: "TooLarge",
    message: expect.stringMatching(/the values are 28 bytes of JSON: .*may not be more than 1048576 bytes$/),
  });
});

test("the name of an object in helm's way is told, although a value says the same", async () => {
  const failed = driverOf("taken").install({ ...request, values: { names: ["foreign"] } }, live);
  await expect(failed).rejects.toMatchObject({ reason: "Conflict", message: expect.stringContaining('ConfigMap "foreign" in namespace "t" exists') });
});

describe("the way to the API server", () => {
  test("is opened for one release with its account, and closed when helm has ended", async () => {
    const account = { namespace: "blog", name: "deployer" };
    await driverOf("note").install({ ...request, account }, live);
    const { release, refuse } = request;
    expect(opened).toEqual([{ release, account, refuse, createsNamespace: true, closed: true }]);
    expect(noted("env")).toContain("HELM_KUBEASUSER=t");
  });

  test("is closed when helm has failed, too", async () => {
    await expect(driverOf("taken").install(request, live)).rejects.toThrow();
    expect(opened).toMatchObject([{ closed: true }]);
  });

  test("is not what its messages name", async () => {
    rewording = ['ConfigMap "foreign"', 'ConfigMap "other"'];
    await expect(driverOf("taken").install(request, live)).rejects.toThrow('ConfigMap "other" in namespace');
  });

  test("a request that was refused is why helm failed, in the words in which it was", async () => {
    refused = 'Pod "p" is elsewhere';
    await expect(driverOf("taken").install(request, live)).rejects.toMatchObject({ reason: "OutOfBounds", class: "terminal", message: refused });
  });

  test("a request that was refused is a warning where helm went on without it", async () => {
    refused = 'Pod "p" is elsewhere';
    await expect(driverOf("note").install(request, live)).resolves.toEqual({ revision: 7, warnings: [refused] });
  });
});

describe("a helm that misbehaves fails its call", () => {
  test.each([
    ["ends well and did nothing", "nothing", "Unknown", "printed no revision"],
    ["prints half a JSON and ends well", "partial", "Unknown", "printed no revision"],
    ["prints 100 MB", "flood", "OperationInProgress", "cannot re-use a name that is still in use"],
    ["panics", "panic", "Unknown", "panic: runtime error: invalid memory address"],
    ["prints the values", "echo", "RenderFailed", 'x/templates/y.yaml:1:3): {"password":"(value of .password)"}'],
  ])("because it %s", async (_title, fault, reason, message) => {
    const failed = driverOf(fault).install(request, live);
    await expect(failed).rejects.toThrow(HelmError);
    await expect(failed).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining("sentinel") });
    expect(runs).toEqual([{ verb: "install", result: reason, durationMs: expect.any(Number) }]);
  });
});

test("an uninstall that did nothing is believed: its effect is observed elsewhere", async () => {
  const uninstall = { release: request.release, refuse: request.refuse, timeoutMs: 60_000, noHooks: false, keepHistory: true };
  await expect(driverOf("nothing").uninstall(uninstall, live)).resolves.toEqual({ warnings: [] });
});

describe("an abort", () => {
  test.each([
    ["ends a helm that waits", "hang", { reason: "Cancelled", message: "helm was interrupted" }],
    ["waits for a helm that writes its record first", "slow", { reason: "Cancelled", message: "helm was interrupted" }],
    ["kills a helm that does not listen", "deaf", { reason: "Cancelled", message: "helm was interrupted and had to be killed" }],
  ])("%s", async (_title, fault, error) => {
    await expect(abortedInstall(driverOf(fault, { graceMs: 300 }))).rejects.toMatchObject(error);
    expect(readdirSync(join(folder, "state", "children"))).toEqual([]);
  });

  test("that comes when helm had finished changes nothing", async () => {
    await expect(abortedInstall(driverOf("finish"))).resolves.toEqual({ revision: 1, warnings: [] });
  });

  test("while waiting for a place starts nothing and rejects with its reason", async () => {
    const driver = driverOf("hang");
    const first = new AbortController();
    const second = new AbortController();
    let started = 0;
    const running = driver.install({ ...request, onStart: () => second.abort(new Error("not needed any more")) }, first.signal);
    const waiting = driver.install({ ...request, onStart: () => void started++ }, second.signal);
    await expect(waiting).rejects.toThrow("not needed any more");
    expect(started).toBe(0);
    first.abort();
    await expect(running).rejects.toMatchObject({ reason: "Cancelled" });
  });
});

test("a helm that hangs does not hold up a helm of another namespace, and the next of its own is told how many go before", async () => {
  const driver = driverOf("hang");
  const stop = new AbortController();
  const other = Promise.withResolvers<void>();
  const told = Promise.withResolvers<number>();
  const calls = [
    driver.install(request, stop.signal),
    driver.install({ ...request, onWait: told.resolve }, stop.signal),
    driver.install({ ...request, release: { namespace: "shop", name: "shop-1" }, onStart: other.resolve }, stop.signal),
  ];
  const results = Promise.allSettled(calls);
  expect(await told.promise).toBe(0);
  await other.promise;
  stop.abort();
  expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
});

test("a helm that outlives its own timeout and the leash is stopped", async () => {
  const hung = driverOf("hang", { leashMs: 50 }).install({ ...request, timeoutMs: 50 }, live);
  await expect(hung).rejects.toMatchObject({
    reason: "TimedOut",
    class: "transient",
    message: "helm did not exit within its timeout of 1 s and was stopped",
  });
});

test("a helm that somebody else ended says so", async () => {
  const driver = driverOf("hang");
  const call = driver.install({ ...request, onStart: () => killNoted() }, live);
  await expect(call).rejects.toMatchObject({ reason: "Cancelled", message: "helm was terminated by SIGKILL from outside" });
});

/** What a guard is told. */
const guarded = (mayStart: () => void) => {
  const told: string[] = [];
  const guard: HelmGuard = {
    assertMayStart: mayStart,
    started: ({ pid, startTime }) => void told.push(`started ${String(pid === identityOf(pid, systemProcesses).pid)} ${typeof startTime}`),
    ended: () => void told.push("ended"),
  };
  return { guard, told };
};

test("who guards helm is told of its start and of its end, however it ends", async () => {
  const { guard, told } = guarded(() => undefined);
  await driverOf("note", { guard }).install(request, live);
  await driverOf("large", { guard })
    .install(request, live)
    .catch(() => undefined);
  expect(told).toEqual(["started true string", "ended", "started true string", "ended"]);
});

test("no helm starts when none may", async () => {
  const refusal = new Error("not leading");
  const { guard, told } = guarded(() => {
    throw refusal;
  });
  await expect(driverOf("note", { guard }).install(request, live)).rejects.toBe(refusal);
  expect([told, readdirSync(folder)]).toEqual([[], ["state"]]);
});

test("a missing helm is an error of the call", async () => {
  const call = driverOf("", { helm: "/absent/helm" }).install(request, live);
  await expect(call).rejects.toMatchObject({ reason: "Unknown", message: expect.stringContaining("/absent/helm") });
});

test("a request that cannot be put on a command line starts nothing", async () => {
  const call = driverOf("note").install({ ...request, chartPath: "--help" }, live);
  await expect(call).rejects.toMatchObject({ reason: "Rejected", class: "terminal" });
  expect(runs).toEqual([]);
});
