import { beforeEach, describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { prune, restore, type MendDeps } from "./mend.ts";
import { EffectMemory } from "./effects.ts";
import { facts, named, released } from "../testing/charts.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const ref = { resource: MAPS, namespace: "site", name: "a" };
const of = named();
const { record } = released(of, "1 deployed");
const observed = facts(of, released(of, "1 deployed"));
const object = desiredObject("v1", "ConfigMap", { name: "a", namespace: "site" });

let api: MemoryApi;
let effects: EffectMemory;
/** Objects that the watches were told of. */
let told: string[];
let deps: MendDeps;

beforeEach(() => {
  api = Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(MAPS) });
  effects = new EffectMemory();
  told = [];
  const watches = { watch: () => Promise.resolve(undefined), refresh: async (...[, , name]: readonly unknown[]) => void told.push(String(name)) };
  const asked = {
    api,
    watches,
    effects,
    clock: new ManualClock(),
    releases: { refresh: () => Promise.resolve(record) },
    records: { read: () => Promise.resolve({ manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" }) },
  };
  deps = asked as unknown as MendDeps; // oxlint-disable-line typescript/no-unsafe-type-assertion -- what these effects ask for, and nothing else
});

const effect = () => effects.of(record.release, record.newest.secret.uid).get("/ConfigMap/site/a");
const looks = () => api.said.filter((call) => call === "list events").length;

describe("an object that is put back", () => {
  test("is one of which the watches know, before the next look", async () => {
    await restore(observed, { record, objects: [object], values: {} }, deps, never);
    expect([api.said, told]).toEqual([["create configmaps a"], ["a"]]);
  });

  test("again is asked about: who deletes it, and once only", async () => {
    for (const expected of [0, 1, 1]) {
      await restore(observed, { record, objects: [object], values: {} }, deps, never);
      expect(looks()).toBe(expected);
      await api.delete(ref, never);
    }
    expect(effect()).toMatchObject({ type: "restore", times: 3, by: expect.stringContaining("neither its metadata.ownerReferences") });
  });
});

describe("an object that is removed", () => {
  test("is one of which the watches know, before the next look", async () => {
    const metadata = { name: "a", namespace: "site", annotations: { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" } };
    await api.create({ resource: MAPS, namespace: "site" }, { apiVersion: "v1", kind: "ConfigMap", metadata }, never);
    await prune(observed, { record, objects: [object] }, deps, never);
    expect([api.said.at(-1), told, effect()]).toMatchObject(["delete configmaps a", ["a"], { type: "prune", times: 1 }]);
  });

  test("is remembered as that though it was gone already: it is not asked for again at once", async () => {
    await prune(observed, { record, objects: [object] }, deps, never);
    expect([told, effect()]).toMatchObject([[], { type: "prune", times: 1 }]);
  });
});
