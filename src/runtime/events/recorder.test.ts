import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { ApiError } from "../api.ts";
import { EVENTS, type EventInput } from "./event.ts";
import { EventRecorder } from "./recorder.ts";
import { MemoryApi } from "../testing/memory-api.ts";
import { MetricsRegistry, runtimeMetrics } from "../metrics.ts";
import type { KubeObject } from "../object.ts";

const chart = (name: string, namespace?: string): KubeObject => ({
  apiVersion: "armada.airshipit.org/v1alpha1",
  kind: "ArmadaChart",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid: `uid-${name}`, resourceVersion: "7" },
});
const installed = (note = "installed", name = "web"): EventInput => ({
  regarding: chart(name, "site"),
  type: "Normal",
  reason: "Installed",
  action: "Install",
  note,
});

const start = (options: { readonly capacity?: number } = {}) => {
  const clock = new ManualClock();
  const api = new MemoryApi();
  const registry = new MetricsRegistry("test");
  const metrics = runtimeMetrics(registry);
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const recorder = new EventRecorder({ api, clock, log, metrics, reporter: { controller: "example.org/operator", instance: "host_1" }, ...options });
  const stop = new AbortController();
  const running = recorder.run(stop.signal);
  const said = () => api.calls.map(({ verb, namespace, body }) => ({ verb, namespace, body }));
  const dropped = async () => Number(/^test_events_dropped_total (\d+)$/m.exec(await registry.expose())?.[1]);
  return { clock, api, recorder, stop, running, warnings, said, dropped };
};

test("an event stands in the log at once, with its object and reason: what went wrong as a warning", () => {
  const lines: unknown[] = [];
  const log = {
    ...silentLogger,
    info: (message: string, facts?: unknown) => void lines.push(["info", message, facts]),
    warn: (message: string, facts?: unknown) => void lines.push(["warn", message, facts]),
  };
  const deps = { api: new MemoryApi(), clock: new ManualClock(), metrics: runtimeMetrics(new MetricsRegistry("test")) };
  const recorder = new EventRecorder({ ...deps, log, reporter: { controller: "example.org/operator", instance: "host_1" } });
  recorder.emit(installed("helm has installed\nrevision 1"));
  recorder.emit({ ...installed("it cannot be installed"), type: "Warning", reason: "InstallError" });
  expect(lines).toEqual([
    ["info", "helm has installed revision 1", { object: "ArmadaChart site/web", reason: "Installed" }],
    ["warn", "it cannot be installed", { object: "ArmadaChart site/web", reason: "InstallError" }],
  ]);
});

test("an event is written as the API server wants it", async () => {
  const { clock, api, recorder } = start();
  recorder.emit(installed());
  await clock.advance(0);
  expect(api.calls).toHaveLength(1);
  expect(api.calls[0]).toMatchObject({ verb: "create", resource: EVENTS, namespace: "site" });
  expect(api.calls[0]?.body).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { namespace: "site", name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
    eventTime: "2023-11-14T22:13:20.000000Z",
    reportingController: "example.org/operator",
    reportingInstance: "host_1",
    type: "Normal",
    reason: "Installed",
    action: "Install",
    note: "installed",
    regarding: {
      apiVersion: "armada.airshipit.org/v1alpha1",
      kind: "ArmadaChart",
      namespace: "site",
      name: "web",
      uid: "uid-web",
      resourceVersion: "7",
    },
  });
});

test("a long note is cut to 1024 bytes and points to the conditions; a long name is cut too", async () => {
  const { clock, api, recorder } = start();
  recorder.emit(installed("é".repeat(2_000), `${"a".repeat(199)}.${"b".repeat(53)}`));
  await clock.advance(0);
  const body = JSON.stringify(api.calls[0]?.body);
  const { note, metadata } = JSON.parse(body);
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
  expect(note).toMatch(/^é+… \(see the object's conditions\)$/);
  expect(metadata.name).toMatch(/^a{199}\.[0-9a-f]{16}$/);
});

test("events of cluster-scoped objects go to the namespace default", async () => {
  const { clock, api, recorder } = start();
  recorder.emit({ ...installed(), regarding: chart("web") });
  await clock.advance(0);
  expect(api.calls[0]?.namespace).toBe("default");
});

const series = (count: number, lastObservedTime: string) => ({ type: "merge", body: { series: { count, lastObservedTime } } });

test("repeats are counted on the first event, and the counts are gathered", async () => {
  const { clock, recorder, said } = start();
  for (let turn = 0; turn < 4; turn += 1) {
    recorder.emit(installed());
    await clock.advance(1_000);
  }
  expect(said().map(({ verb }) => verb)).toEqual(["create"]);
  await clock.advance(2_000);
  recorder.emit(installed());
  await clock.advance(10_000);
  expect(said().slice(1)).toEqual([
    { verb: "patch", namespace: "site", body: series(4, "2023-11-14T22:13:23.000000Z") },
    { verb: "patch", namespace: "site", body: series(5, "2023-11-14T22:13:26.000000Z") },
  ]);
});

test.each<[string, EventInput, number, number]>([
  ["the same within ten minutes is a repeat", installed(), 599_999, 1],
  ["the same after ten minutes is news", installed(), 600_000, 2],
  ["another note is news", installed("other"), 0, 2],
  ["another object is news", installed("installed", "db"), 0, 2],
  ["another type is news", { ...installed(), type: "Warning" }, 0, 2],
])("%s", async (_title, second, afterMs, creates) => {
  const { clock, recorder, said } = start();
  recorder.emit(installed());
  await clock.advance(afterMs);
  recorder.emit(second);
  await clock.advance(0);
  expect(said().filter(({ verb }) => verb === "create")).toHaveLength(creates);
});

test("an event that expired on the server is written anew the next time", async () => {
  const { clock, api, recorder, said } = start();
  recorder.emit(installed());
  await clock.advance(0);
  const name = api.calls[0]?.name ?? "";
  await api.delete({ resource: EVENTS, namespace: "site", name }, new AbortController().signal);
  recorder.emit(installed());
  await clock.advance(5_000);
  recorder.emit(installed());
  await clock.advance(0);
  expect(said().map(({ verb }) => verb)).toEqual(["create", "delete", "patch", "create"]);
});

const failing = (status: number, times: number) => {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw new ApiError("no", { status, reason: "Any" });
  };
};

test.each([
  ["no answer, then one", 0, 1, 2, 0],
  ["429 three times", 429, 3, 4, 0],
  ["503 for ever", 503, 99, 4, 1],
  ["a namespace that is terminating", 403, 99, 1, 1],
  ["a namespace that is gone", 404, 99, 1, 1],
  ["written by an attempt whose answer was lost", 409, 99, 1, 0],
])("%s: %d, %d times, makes %d attempts and drops %d", async (_title, status, times, attempts, drops) => {
  const { clock, api, recorder, dropped, warnings } = start();
  api.before = failing(status, times);
  recorder.emit(installed());
  await clock.advance(60_000);
  expect(api.calls).toHaveLength(attempts);
  expect(await dropped()).toBe(drops);
  expect(warnings).toHaveLength(drops);
});

test("many drops of one kind are one line", async () => {
  const { clock, api, recorder, dropped, warnings } = start();
  api.before = failing(403, 99);
  for (const note of ["a", "b", "c"]) recorder.emit(installed(note));
  await clock.advance(0);
  expect([await dropped(), warnings.length]).toEqual([3, 1]);
});

test("a drop is said again after an hour, for each namespace by itself", async () => {
  const { clock, api, recorder, warnings } = start();
  api.before = failing(403, 99);
  const later = async (ms: number, note: string, namespace = "site"): Promise<number> => {
    await clock.advance(ms);
    recorder.emit({ ...installed(note), regarding: chart("web", namespace) });
    await clock.advance(0);
    return warnings.length;
  };
  expect([await later(0, "a"), await later(3_599_999, "b"), await later(0, "c", "other"), await later(1, "d"), await later(0, "e")]).toEqual([
    1, 1, 2, 3, 3,
  ]);
});

test("what was said of drops is bounded, however many namespaces come and go", async () => {
  const { clock, api, recorder, warnings } = start({ capacity: 3_000 });
  api.before = failing(404, 9_999);
  const drop = (namespace: string): void => recorder.emit({ ...installed(), regarding: chart("web", namespace) });
  for (let n = 0; n < 1_001; n += 1) drop(`gone-${String(n)}`);
  for (const namespace of ["gone-1000", "gone-0"]) drop(namespace);
  await clock.advance(0);
  expect(warnings).toHaveLength(1_002);
});

test("beyond the capacity the oldest goes", async () => {
  const { clock, recorder, said, dropped } = start({ capacity: 2 });
  for (const note of ["a", "b", "c"]) recorder.emit(installed(note));
  await clock.advance(0);
  expect(said().map(({ body }) => JSON.parse(JSON.stringify(body)).note)).toEqual(["b", "c"]);
  expect(await dropped()).toBe(1);
});

test("a stop writes what waits, counts included", async () => {
  const { clock, recorder, stop, running, said } = start();
  recorder.emit(installed());
  recorder.emit(installed());
  await clock.advance(0);
  recorder.emit(installed("last words"));
  stop.abort(new Error("stopping"));
  await running;
  expect(said().map(({ verb }) => verb)).toEqual(["create", "create", "patch"]);
});

test("a stop does not wait for a server that is gone", async () => {
  const { clock, api, recorder, stop, running } = start();
  api.before = () => new Promise<void>(() => undefined);
  recorder.emit(installed());
  await clock.advance(0);
  let ended = false;
  void running.then(() => (ended = true));
  stop.abort(new Error("stopping"));
  await clock.advance(1_999);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(ended).toBe(true);
});
