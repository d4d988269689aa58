import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { messageOf } from "../../base/errors.ts";
import { HelmError, type HelmRunListener, type NamedObject } from "../../helm/driver.ts";
import type { ReleaseRecord, Revision } from "../../helm/release.ts";
import { ApiError, type DeleteRef } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { Resource } from "../../runtime/object.ts";
import { CHARTS } from "../api/chart.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import { desiredObject } from "../readiness/testing/objects.ts";
import type { ChartAction } from "./action.ts";
import { BusyReleases } from "./release/busy.ts";
import { EffectMemory } from "./objects/effects.ts";
import { Superseded } from "./release/helm-run.ts";
import type { ChartObserved } from "./observed.ts";
import { performChart, type ChartPerformDeps } from "./perform.ts";
import { actionsOf, facts, named, ready, released } from "./testing/charts.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const REF = { resource: MAPS, namespace: "site", name: "a" };
const MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const of = named();
const object = desiredObject("v1", "ConfigMap", { name: "a" });
const nothing = () => Promise.resolve(undefined);

/** What a delete was bound to. */
let bound: unknown;

class Maps extends MemoryApi {
  override resolve(): Promise<Resource> {
    return Promise.resolve(MAPS);
  }
  override delete({ only, ...ref }: DeleteRef, signal: AbortSignal): Promise<void> {
    bound = only;
    return super.delete(ref, signal);
  }
}

/** The record as it was looked at, with a newest revision that differs in this. */
const record = (over: Partial<Revision> = {}): ReleaseRecord => {
  const { record: seen } = released(of, "2 deployed");
  return { ...seen, newest: { ...seen.newest, ...over } };
};

/** What is done when the record that was looked at has become `now`; refusals are what the pass ends with. */
const perform = async (action: ChartAction, now: ReleaseRecord | undefined, over: Partial<ChartObserved> = {}, metadata?: object) => {
  const api = new Maps();
  if (metadata !== undefined)
    await api.create(REF, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "site", ...metadata } }, never);
  const done: string[] = [];
  const helm = (verb: string) => () => Promise.resolve(void done.push(verb)).then(() => ({ warnings: [] }));
  const deps = {
    api,
    apiFor: () => api,
    boundsOf: () => () => undefined,
    busy: new BusyReleases(),
    helm: { install: helm("install"), upgrade: helm("upgrade"), uninstall: helm("uninstall") },
    releases: { refresh: () => Promise.resolve(now), read: () => now },
    records: {
      read: async () => ({ manifest: MANIFEST }),
      omit: nothing,
      relabelStatus: (seen: ReleaseRecord, status: string) => Promise.resolve(void done.push(`${seen.newest.secret.name} ${status}`)),
    },
    watches: { watch: nothing, refresh: nothing, resources: () => [] },
    objects: { listed: async () => [], others: async () => [], repeated: async () => [] },
    effects: new EffectMemory(),
    clock: new ManualClock(),
    charts: { distrust: () => undefined },
    purged: new Set<string>(),
    onRecordChange: () => () => undefined,
    onHelmStart: () => undefined,
  };
  const observed = facts(of, { record: record(), ownership: { of: "ours" }, ...over });
  const told = await performChart(of, observed, action, deps as unknown as ChartPerformDeps, never).then(() => "", messageOf); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what these effects ask for, and nothing else
  done.push(...api.said.filter((call) => /^(create|delete) /.test(call)).slice(metadata === undefined ? 0 : 1));
  return told === "" ? done.join() : `${done.join()}${done.length === 0 ? "" : ", "}${told}`;
};

const CHANGED = "release blog has changed since it was read";
const ours = { annotations: { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" } };
const labels = record().newest.labels;
const actions = actionsOf(of, record());

describe.each([
  ["a put-back", actions.restore(object), "create configmaps a", undefined],
  ["a removal of leftovers", actions.prune(object), "delete configmaps a", ours],
  ["helm upgrade", actions.upgrade, "upgrade", undefined],
  ["helm install --replace", actions.replace, "install", undefined],
  ["helm uninstall", actions.uninstall, "uninstall", undefined],
] as const)("%s is made", (_, action, effect, live) => {
  // What helm needs a chart for is not asked here: it is read already.
  test.each([
    ["while the record is what was looked at", record(), effect],
    ["though its labels are written anew", record({ modifiedAtMs: 1 }), effect],
    ["not when there is none any more", undefined, CHANGED],
    ["not when it is another revision by now", record({ revision: 3, secret: { ...record().newest.secret, uid: "secret-3" } }), CHANGED],
    ["not when it has another status", record({ status: "pending-upgrade" }), CHANGED],
    ["not when it is another chart's", record({ labels: labels === undefined ? undefined : { ...labels, owner: "uid-other" } }), CHANGED],
  ])("%s", async (__, now, expected) => {
    expect(await perform(action, now, {}, live)).toBe(expected);
  });

  test("though a label says something else than the release, as it did when that was looked at", async () => {
    expect(await perform(action, record({ status: "failed" }), { mislabelled: { label: "failed" } }, live)).toBe(effect);
  });
});

describe("of what no record answers for", () => {
  const prune = actions.prune(object);
  test.each([
    ["what is this release's goes", ours, "delete configmaps a"],
    ["what another release has taken stays", { annotations: { ...ours.annotations, [HELM_RELEASE_NAME]: "other" } }, ""],
    ["what a release of that name in another namespace has stays", { annotations: { ...ours.annotations, [HELM_RELEASE_NAMESPACE]: "far" } }, ""],
    ["what lost the annotations stays", {}, ""],
    ["what is to be kept stays", { annotations: { ...ours.annotations, "helm.sh/resource-policy": "keep" } }, ""],
    ["what goes already is left alone", { ...ours, deletionTimestamp: "2026-03-01T11:00:00Z" }, ""],
    ["what is not there is no trouble", undefined, ""],
  ])("%s", async (_, live, expected) => {
    expect(await perform(prune, record(), {}, live)).toBe(expected);
  });
});

/** What a helm run asks for, with what differs. */
const helmDeps = (over: object) => ({
  api: new Maps(),
  busy: new BusyReleases(),
  releases: { refresh: async () => record(), read: () => record() },
  records: { read: async () => ({ manifest: MANIFEST }), omit: nothing },
  objects: { others: async () => [], repeated: async () => [], listed: async () => [] },
  charts: { distrust: () => undefined },
  onRecordChange: () => () => undefined,
  boundsOf: () => () => undefined,
  ...over,
});
/** Answers the first time with one record, then with another. */
const refreshes = (first: ReleaseRecord, then: ReleaseRecord) => {
  let asked = 0;
  return async () => ((asked += 1) === 1 ? first : then);
};
const run = (action: ChartAction, over: object, signal = never) =>
  performChart(of, facts(of, { record: record(), ownership: { of: "ours" } }), action, helmDeps(over) as unknown as ChartPerformDeps, signal); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what a helm run asks for, and nothing else

test("what was left to another release is said also when helm fails then", async () => {
  const helm = { upgrade: () => Promise.reject(new HelmError("denied", { reason: "Rejected", class: "terminal" })) };
  const objects = { listed: async () => [], others: async () => [{ object, release: "shop" }] };
  await expect(run(actions.upgrade, { helm, objects })).rejects.toMatchObject({
    message: "denied",
    warnings: ["ConfigMap a has the annotations of release shop, which now owns it: it was removed from the record of release blog"],
  });
});

test("an object with an unknown field is named, whether helm fails or not", async () => {
  const warnings = ['unknown field "dta"'];
  const records = { read: async () => ({ manifest: `${MANIFEST}dta: {}\n` }), omit: nothing };
  const told = ['ConfigMap a: unknown field "dta"'];
  expect(await run(actions.upgrade, { records, helm: { upgrade: async () => ({ warnings }) } })).toEqual(told);
  const helm = { upgrade: () => Promise.reject(new HelmError("denied", { reason: "Rejected", class: "terminal", warnings })) };
  await expect(run(actions.upgrade, { records, helm })).rejects.toMatchObject({ reason: "Rejected", class: "terminal", warnings: told });
});

test("a run that failed over another's object says what ends that, and one without a right what grants it", async () => {
  const failing = (reason: "Conflict" | "Forbidden") => ({ upgrade: () => Promise.reject(new HelmError("no", { reason, class: "terminal" })) });
  const deps = { parseConflict: () => ({ kind: "ConfigMap", name: "a" }), watches: { resources: () => [MAPS] }, grantOf: () => "a role grants it" };
  const frees = { message: "no; helm runs again as soon as ConfigMap a has become this release's" };
  await expect(run(actions.upgrade, { ...deps, helm: failing("Conflict") })).rejects.toMatchObject(frees);
  await expect(run(actions.upgrade, { ...deps, helm: failing("Forbidden") })).rejects.toMatchObject({ message: "no; a role grants it" });
});

const take: ChartAction = { type: "take", record: record(), whose: "nobody's", unknownOwner: undefined, inputsDigest: undefined };

test.each([
  ["is not changed", actions.upgrade],
  ["is not uninstalled", actions.uninstall],
  ["is not taken", take],
])("a release whose record has what its chart may not have %s", async (_, action) => {
  const done: string[] = [];
  const note = (verb: string) => () => Promise.resolve(void done.push(verb)).then(() => ({ warnings: [] }));
  const deps = {
    helm: { upgrade: note("upgrade"), uninstall: note("uninstall") },
    records: { read: async () => ({ manifest: MANIFEST }), omit: nothing, relabel: note("relabel") },
    objects: { listed: async () => [object, desiredObject("v1", "ConfigMap", { name: "b", namespace: "kube-system" })], others: async () => [] },
    watches: { watch: nothing },
    boundsOf:
      () =>
      ({ name, namespace }: NamedObject) =>
        namespace === "kube-system" ? `${name} is elsewhere` : undefined,
  };
  await expect(run(action, deps)).rejects.toMatchObject({
    reason: "OutOfBounds",
    class: "terminal",
    message: "the record of release blog has an object that its chart may not have: b is elsewhere",
  });
  expect(done).toEqual([]);
});

test("a chart whose records were removed is one that may lose its records again, once helm installs it", async () => {
  const purged = new Set([of.metadata.uid, "uid-other"]);
  await run(actions.replace, { purged, helm: { install: async () => ({ warnings: [] }) } });
  expect([...purged]).toEqual(["uid-other"]);
});

test("pods are watched before helm deletes what they belong to", async () => {
  const done: string[] = [];
  const watches = { watch: async ({ plural }: Resource) => void done.push(`watch ${plural}`) };
  await run(actions.uninstall, {
    watches,
    helm: {
      uninstall: async () => {
        done.push("uninstall");
        return { warnings: [] };
      },
    },
  });
  expect(done).toEqual(["watch pods", "uninstall"]);
});

test.each([
  ["has begun to uninstall is left to finish", record({ status: "uninstalling" }), false],
  ["has changed nothing yet is ended", record(), true],
])("helm that nobody wants any more and that %s", async (_, now, expected) => {
  const over = new AbortController();
  let ended: boolean | undefined;
  const uninstall = async ({ onStart }: HelmRunListener, child: AbortSignal) => {
    onStart?.();
    over.abort(new Superseded("a newer spec"));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    ended = child.aborted;
    return { warnings: [] };
  };
  const records = { read: nothing, hooksRunning: async () => [] };
  const deps = {
    helm: { uninstall },
    records,
    releases: { refresh: refreshes(record(), now), read: () => now },
    sleep: nothing,
    watches: { watch: nothing },
  };
  await run(actions.uninstall, { ...deps, onHelmStart: () => undefined }, over.signal);
  expect(ended).toBe(expected);
});

test.each([
  ["is not read again when the watch has told how helm ended", true, 1],
  ["is read again when it is not helm's of this run", false, 2],
])("the record %s", async (_, labelsCurrent, expected) => {
  const { epoch } = facts(of);
  const now = record({ labelsCurrent, labels: { owner: of.metadata.uid, inputs: ready(of).inputsDigest, revision: 3, epoch } });
  let reads = 0;
  const refresh = async () => void (reads += 1);
  const upgrade = async () => ({ warnings: [] });
  const releases = { refresh: () => refresh().then(() => record()), read: () => now };
  await run(actions.upgrade, { releases, helm: { upgrade } });
  expect(reads).toBe(expected);
});

test("each is removed as the one that was read, not another of its name", async () => {
  bound = undefined;
  await perform(actions.prune(object), record(), {}, ours);
  expect(bound).toEqual({ uid: "uid-1" });
});

test("the name of the release is written to the very chart that was looked at", async () => {
  const api = new MemoryApi();
  const ref = { resource: CHARTS, namespace: "site", name: "blog" };
  await api.create(ref, of, never);
  const deps = { api, store: () => undefined } as unknown as ChartPerformDeps; // oxlint-disable-line typescript/no-unsafe-type-assertion -- what that effect asks for, and nothing else
  const told = performChart(named({ metadata: { uid: "uid-old" } }), facts(of), { type: "recordName" }, deps, never);
  await expect(told).rejects.toMatchObject({ status: 409 });
});

test("a label is corrected on the very Secret that was looked at", async () => {
  expect(await perform({ type: "relabel", record: record(), was: "failed" }, record())).toBe("sh.helm.release.v1.blog.v2 deployed");
});

test("two effects on one release exclude each other, whichever charts ask", async () => {
  const busy = new BusyReleases();
  const other = busy.alone({ namespace: "site", name: "blog" }, () => new Promise<void>(() => undefined));
  void other.catch(() => undefined);
  const deps = { busy } as unknown as ChartPerformDeps; // oxlint-disable-line typescript/no-unsafe-type-assertion -- it comes no further
  await expect(performChart(of, facts(of), actions.uninstall, deps, never)).rejects.toBeInstanceOf(ApiError);
});
