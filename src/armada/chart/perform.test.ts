import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/manual-clock.ts";
import { MemoryApi } from "../../runtime/memory-api.ts";
import type { Resource } from "../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import { desiredObject } from "../readiness/testing.ts";
import { EffectMemory } from "./object-effects.ts";
import { performChart, type ChartPerformDeps } from "./perform.ts";
import { facts, named, released } from "./testing.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const map = { resource: MAPS, namespace: "site", name: "a" };

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
      releases: { refresh: () => Promise.resolve(recordOf(live)) },
      watches: { watch: nothing, refresh: nothing },
      effects: new EffectMemory(),
      clock: new ManualClock(),
    };
    const observed = facts(of, seen === undefined ? {} : released(of, seen));
    const action = { type: "prune", objects: [desiredObject("v1", "ConfigMap", { name: "a" })] } as const;
    const done = performChart(of, observed, action, deps as unknown as ChartPerformDeps, never); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what a removal asks for, and nothing else
    return done.then(
      async () => ((await api.get(map, never)) === undefined ? "removed" : "there"),
      async (error: Error) => `${(await api.get(map, never)) === undefined ? "removed" : "there"}: ${error.message}`,
    );
  };
  test.each([
    ["does so while there is none", undefined, undefined, "removed"],
    ["does so while the record is what it was", "2 deployed", "2 deployed", "removed"],
    ["leaves a release alone that was installed meanwhile", undefined, "1 deployed", "there: release blog has changed since it was looked at"],
  ])("%s", async (_, seen, live, expected) => {
    expect(await prune(seen, live)).toBe(expected);
  });
});
