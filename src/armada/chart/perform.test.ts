import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { ReleaseLabels } from "../../helm/driver.ts";
import type { ReleaseRecord } from "../../helm/release.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { Resource } from "../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import { desiredObject } from "../readiness/testing/objects.ts";
import { EffectMemory } from "./objects/effects.ts";
import type { ChartObserved } from "./observed.ts";
import { performChart, type ChartPerformDeps } from "./perform.ts";
import { facts, named, released } from "./testing/charts.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const map = { resource: MAPS, namespace: "site", name: "a" };

const mustHaveLabels = ({ newest: { labels } }: ReleaseRecord): ReleaseLabels => {
  if (labels === undefined) throw new Error("the record has no labels");
  return labels;
};

describe("removing what no record answers for", () => {
  const of = named();
  /** `seen`: the record when it was decided; `live`: now. */
  const prune = async (seen: string | undefined, live: string | undefined) => {
    const api = Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(MAPS) });
    const annotations = { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" };
    await api.create(map, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "site", annotations } }, never);
    const nothing = () => Promise.resolve(undefined);
    const recordOf = (notation: string | undefined) => (notation === undefined ? undefined : released(of, notation).record);
    const deps = {
      api,
      apiFor: () => api,
      releases: { refresh: () => Promise.resolve(recordOf(live)) },
      watches: { watch: nothing, refresh: nothing },
      effects: new EffectMemory(),
      clock: new ManualClock(),
    };
    const observed = facts(of, seen === undefined ? {} : released(of, seen));
    const action = { type: "prune", record: observed.record, objects: [desiredObject("v1", "ConfigMap", { name: "a" })] } as const;
    const done = performChart(of, observed, action, deps as unknown as ChartPerformDeps, never); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what a removal asks for, and nothing else
    return done.then(
      async () => ((await api.get(map, never)) === undefined ? "removed" : "there"),
      async (error: Error) => `${(await api.get(map, never)) === undefined ? "removed" : "there"}: ${error.message}`,
    );
  };
  test.each([
    ["does so while there is none", undefined, undefined, "removed"],
    ["does so while the record is what it was", "2 deployed", "2 deployed", "removed"],
    ["leaves a release alone that was installed meanwhile", undefined, "1 deployed", "there: release blog has changed since it was read"],
  ])("%s", async (_, seen, live, expected) => {
    expect(await prune(seen, live)).toBe(expected);
  });
});

describe("putting back what was deleted", () => {
  const of = named();
  const seen = released(of, "2 deployed");
  /** `live`: the record by a read made now. */
  const restore = async (live: ReleaseRecord | undefined, account?: ChartObserved["account"]) => {
    const api = Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(MAPS) });
    const nothing = () => Promise.resolve(undefined);
    const records = { read: () => Promise.resolve({ manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" }) };
    const releases = { refresh: () => Promise.resolve(live) };
    const asked: unknown[] = [];
    const apiFor = (_: unknown, { account: as }: ChartObserved) => (asked.push(as), api);
    const deps = { api, apiFor, releases, records, watches: { refresh: nothing }, effects: new EffectMemory(), clock: new ManualClock() };
    const action = { type: "restore", record: seen.record, objects: [desiredObject("v1", "ConfigMap", { name: "a", namespace: "site" })] } as const;
    const done = performChart(of, facts(of, { ...seen, account }), action, deps as unknown as ChartPerformDeps, never); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what a put-back asks for, and nothing else
    const said = await done.then(
      () => "done",
      (error: Error) => error.message,
    );
    expect(asked).toEqual([account]);
    return `${(await api.get(map, never)) === undefined ? "missing" : "back"}: ${said}`;
  };
  const recordOf = (notation: string, labels: object = {}): ReleaseRecord => {
    const record = released(of, notation).record;
    const newest = { ...record.newest, labels: { ...mustHaveLabels(record), ...labels } };
    return { ...record, newest };
  };
  const changed = "missing: release blog has changed since it was read";
  test.each([
    ["is done while the record is what it was", recordOf("2 deployed"), "back: done"],
    ["is left when there is a newer revision", recordOf("3 deployed"), changed],
    ["is left when helm is uninstalling the revision", recordOf("2 uninstalling"), changed],
    ["is left when the release is another chart's now", recordOf("2 deployed", { owner: "uid-other" }), changed],
    ["is left when the release no longer exists", undefined, changed],
  ])("%s", async (_, live, expected) => {
    expect(await restore(live)).toBe(expected);
  });

  test("is done with the rights of the release's account", async () => {
    expect(await restore(recordOf("2 deployed"), { namespace: "site", name: "deployer", missing: false, closedTo: undefined })).toBe("back: done");
  });
});
