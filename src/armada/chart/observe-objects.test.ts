import { beforeEach, describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { ReleaseStatus } from "../../helm/release.ts";
import type { Resource } from "../../runtime/object.ts";
import type { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import type { ArmadaChartStatus } from "../api/chart.ts";
import { DRIFT, HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import { estateOf } from "../testing/estate.ts";
import { EffectMemory } from "./objects/effects.ts";
import { observeChart, type ChartObserveDeps } from "./observe.ts";
import { isOpen } from "./objects/observed-object.ts";
import { ReleaseObjects } from "./objects/release-objects.ts";
import { named, released } from "./testing/charts.ts";

const never = new AbortController().signal;
const JOBS: Resource = { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true };
const marks = { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" };

let api: MemoryApi;
beforeEach(() => {
  api = Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(JOBS) });
});

const put = (annotations: object) =>
  api.create(
    { resource: JOBS, namespace: "site" },
    { apiVersion: "batch/v1", kind: "Job", metadata: { name: "a", namespace: "site", annotations } },
    never,
  );

/** A chart whose release has one Job. `inside`: what the body says, if not what its label says. */
const observe = (notation: string, status: ArmadaChartStatus = {}, inside?: ReleaseStatus) => {
  const of = named({ status, spec: { suspend: true } });
  const estate = estateOf(of);
  const { record } = released(of, notation);
  const manifest = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n";
  const clock = new ManualClock();
  const watches = {
    onChange: () => undefined,
    covers: () => false,
    watch: () => Promise.resolve(undefined),
    list: () => [],
    read: (resource: Resource, namespace: string, name: string) => api.get({ resource, namespace, name }, never),
  };
  const deps = {
    ...{
      api,
      estate,
      clock,
      epochOf: () => "1-a",
      accountOf: () => undefined,
      refusal: () => undefined,
      crowding: () => undefined,
      purged: new Set<string>(),
      effects: new EffectMemory(),
    },
    chartByUid: (uid: string) => estate.chartByUid(uid),
    releases: { read: () => record },
    records: {
      read: () =>
        Promise.resolve({
          ...record.release,
          revision: 1,
          status: inside ?? record.newest.status,
          labelled: record.newest.status,
          description: "",
          chart: { name: "x", version: "1" },
          manifest,
        }),
    },
    leaseHolds: { look: () => Promise.resolve({ is: "running", who: "b-1" }) },
    busy: { has: () => false },
    charts: { read: () => Promise.resolve({ state: "reading" }) },
    objects: new ReleaseObjects({ api, heardAt: () => 0, grantOf: () => undefined, watches: watches as unknown as ObjectWatches }), // oxlint-disable-line typescript/no-unsafe-type-assertion -- what is asked of them here
  };
  return observeChart(of, deps as unknown as ChartObserveDeps, never); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what is not asked for here is not there
};

describe("what a failed installation left may be made anew", () => {
  const entry = (action: "install" | "uninstall", result: "succeeded" | "failed") => ({ action, result });
  test.each([
    ["when nothing was ever deployed", "1 failed", {}, ["a"]],
    ["when tries failed", "1 failed", { history: [entry("install", "failed")] }, ["a"]],
    ["not when a revision was deployed", "2 failed once", {}, []],
    ["not when status knows that one was ready, whatever the records say", "1 failed", { release: { ready_revision: 1 } }, []],
    ["not when status knows that helm made one", "1 failed", { history: [entry("install", "failed"), entry("install", "succeeded")] }, []],
    ["when that one was uninstalled", "1 failed", { history: [entry("uninstall", "succeeded"), entry("install", "succeeded")] }, ["a"]],
  ] as const)("%s", async (_, notation, status, expected) => {
    await put(marks);
    expect((await observe(notation, status)).leftovers.map(({ name }) => name)).toEqual(expected);
  });
});

test.each([
  ["is waited for", {}, true],
  ["is not when it is annotated by hand", { [DRIFT]: "ignore" }, false],
  ["is when the annotation says something else", { [DRIFT]: "look" }, true],
])("a Job that is not done %s", async (_, annotations, expected) => {
  await put({ ...marks, ...annotations });
  expect((await observe("1 deployed")).objects.map(isOpen)).toEqual([expected]);
});

test.each([
  ["1 deployed", "pending-upgrade", { is: "another operator's", who: "b-1" }],
  ["1 pending-upgrade", "deployed", undefined],
] as const)("whether a helm is at work on %s is told by the release inside, which is %s", async (notation, inside, expected) => {
  expect((await observe(notation, {}, inside)).writer).toEqual(expected);
});
