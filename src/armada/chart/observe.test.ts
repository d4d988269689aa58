import { beforeEach, describe, expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { releaseIndex, releaseIndexer, secretResource, SecretReleaseStore } from "../../helm/record/store.ts";
import { ApiError } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { Store } from "../../runtime/cache/store.ts";
import { CHARTS, type ArmadaChart, type ArmadaChartSpec } from "../api/chart.ts";
import type { Node } from "../estate/estate.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE, REQUESTED_AT } from "../names.ts";
import { DEFINITIONS } from "../own-crds.ts";
import { chart, estateOf, group, owned, serve } from "../testing/estate.ts";
import { observeChart, type ChartObserveDeps } from "./observe.ts";
import { NAMESPACES } from "./objects/release-objects.ts";

const never = new AbortController().signal;
const released = { release: { name: "blog", namespace: "far", revision: 1 } };
const terminating = { deletionTimestamp: "2026-03-01T11:59:00Z" };

let api: MemoryApi;
/** Why releases may not live in `far`, which nothing watches. */
let refusal: string | undefined;
let crowding: number | undefined;
/** Charts whose source was read. */
let reads: string[];
/** Uids of charts whose records this process removed. */
let purged: Set<string>;

const far = (parts: { readonly metadata?: object; readonly spec?: Partial<ArmadaChartSpec> } = {}): ArmadaChart =>
  chart("blog", { ...parts, spec: { namespace: "far", ...parts.spec }, status: released });

const observe = (of: ArmadaChart, ...others: readonly Node[]) => {
  const estate = estateOf(of, ...others);
  const deps = {
    api,
    estate,
    chartByUid: (uid: string) => estate.chartByUid(uid),
    releases: new SecretReleaseStore(new Store<KubeObject>({ log: silentLogger, indexers: { [releaseIndex]: releaseIndexer } }), api),
    records: { read: () => Promise.resolve({ damaged: "not read here" }) },
    charts: {
      read: ({ metadata }: ArmadaChart, { patienceMs }: { readonly patienceMs?: number }) => {
        reads.push(`${metadata.name}${patienceMs === undefined ? "" : ` within ${String(patienceMs)} ms`}`);
        return Promise.resolve({ state: "unread" });
      },
    },
    clock: new ManualClock(),
    epochOf: () => "1-a",
    accountOf: () => undefined,
    refusal: () => refusal,
    crowding: () => crowding,
    purged,
    namespaces: [],
  };
  return observeChart(of, deps as unknown as ChartObserveDeps, never); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what is not asked for here is not there
};

const record = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: "sh.helm.release.v1.blog.v1",
    namespace: "far",
    labels: {
      name: "blog",
      owner: "helm",
      status: "deployed",
      version: "1",
      "armada.airshipit.org/owner": "uid-blog",
      "armada.airshipit.org/inputs": `sha256.${"0".repeat(40)}`,
      "armada.airshipit.org/revision": "1",
      "armada.airshipit.org/epoch": "1-a",
    },
  },
};

beforeEach(async () => {
  reads = [];
  purged = new Set();
  api = new MemoryApi();
  crowding = undefined;
  refusal = "far is not among the namespaces that --watch-namespaces names";
  await api.create({ resource: secretResource, namespace: "far" }, record, never);
  await serve(CHARTS, api);
  api.calls.length = 0;
});

describe("a release where none may live any more", () => {
  test.each([
    ["deleted", far({ metadata: terminating })],
    ["asked to be uninstalled", far({ spec: { target_state: "uninstalled" } })],
  ])("is asked for, and found, when its chart is %s", async (_, of) => {
    const { record: found, ownership, orphanedObjects } = await observe(of);
    expect([found?.newest.status, ownership, orphanedObjects]).toEqual(["deployed", { of: "ours" }, []]);
  });

  test("keeps its chart while it may not be asked for", async () => {
    const error = new ApiError("secrets is forbidden", { status: 403, reason: "Forbidden" });
    api.before = ({ resource }) => {
      if (resource.plural === "secrets") throw error;
    };
    const sentence = "cannot tell whether release blog has a record, so nothing is removed until it can: secrets is forbidden";
    await expect(observe(far({ metadata: terminating }))).rejects.toMatchObject({ message: sentence, status: 403, cause: error });
  });

  test("is not asked for while its chart stays: it is refused, whoever may read what", async () => {
    expect(await observe(far())).toMatchObject({ refusal, record: undefined });
    expect(api.said).toEqual([]);
  });
});

describe("the source of a chart", () => {
  const login = { type: "git", location: "http://git.example.org/charts", secret_ref: { name: "login" } } as const;
  const sound = chart("blog", { spec: { source: login } });
  test.each([
    ["is read", sound, ["blog"]],
    [
      "is read of a parked one, too, which does not wait for it as long",
      chart("blog", { spec: { ...sound.spec, target_state: "uninitialized" } }),
      ["blog within 100 ms"],
    ],
    ["is not, when the chart goes", chart("blog", { spec: sound.spec, metadata: terminating }), []],
    ["is not, when the spec breaks a rule", chart("blog", { spec: { ...sound.spec, wait: { timeout: -1 } } }), []],
    ["is not, when nobody can log in so", chart("blog", { spec: { source: { ...login, auth_method: "SSH" } } }), []],
    // A library is never installed, wherever its namespace is: only its Chart.yaml tells that it is one.
    ["is read where its release may not live", chart("blog", { spec: { ...sound.spec, namespace: "far" } }), ["blog"]],
  ])("%s", async (_, of, expected) => {
    await observe(of);
    expect(reads).toEqual(expected);
  });

  test("is not, when its namespace has too many charts", async () => {
    crowding = 3;
    expect(await observe(sound)).toMatchObject({ crowding: 3, source: { state: "unread" } });
    expect(reads).toEqual([]);
  });
});

describe("whether a chart that goes is losing its API", () => {
  const g = group("g", ["blog", "after"], { spec: { sequenced: true } });
  const after = owned(chart("after", { metadata: terminating }), g);
  const going = (metadata: object = {}): ArmadaChart => owned(far({ metadata: { ...terminating, ...metadata } }), g);
  const other = { labels: { ...record.metadata.labels, "armada.airshipit.org/owner": "uid-other" } };
  test.each([
    ["is not asked while it waits for its turn", going(), [g, after], {}, false],
    ["is asked when its turn has come", going(), [g], {}, true],
    ["is asked when somebody asks to skip the turn", going({ annotations: { [REQUESTED_AT]: "now" } }), [g, after], {}, true],
    ["is asked when its namespace goes, too", going(), [g, after], { namespace: terminating }, true],
    ["is not asked when the release is not its own: then nothing is removed", going(), [g, after], { record: other }, false],
    ["is not asked when its release stays anyway", owned(far({ metadata: terminating, spec: { deletion_policy: "orphan" } }), g), [g], {}, false],
    ["is not asked when it never had a release", chart("other", { metadata: terminating }), [], {}, false],
  ] as const)("%s", async (_, of, others, world, expected) => {
    const ref = { resource: NAMESPACES, name: "far" };
    await api.create(
      ref,
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "far", ...("namespace" in world ? world.namespace : {}) } },
      never,
    );
    const secret = { resource: secretResource, namespace: "far", name: record.metadata.name };
    if ("record" in world) await api.patch(secret, { type: "merge", body: { metadata: world.record } }, never);
    await observe(of, ...others);
    expect(api.said.includes("get customresourcedefinitions armadacharts.armada.airshipit.org")).toBe(expected);
  });
});

describe("a chart that goes, whose record has vanished", () => {
  const blog = (parts: { readonly metadata?: object; readonly spec?: Partial<ArmadaChartSpec>; readonly status?: object | undefined } = {}) =>
    chart("blog", {
      status: { release: { name: "blog", namespace: "site", revision: 1 } },
      ...parts,
      metadata: { ...terminating, ...parts.metadata },
    });
  const configMaps = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
  const left = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "left", annotations: { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" } },
  };
  beforeEach(async () => {
    refusal = undefined;
    await api.create({ resource: configMaps }, left, never);
    api.resources = () => Promise.resolve([configMaps]);
  });
  test.each([
    ["looks for what is left", blog(), ["left"]],
    ["suspended, too", blog({ spec: { suspend: true } }), ["left"]],
    ["parked, too", blog({ spec: { target_state: "uninitialized" } }), ["left"]],
    ["to be uninstalled, too", blog({ metadata: { deletionTimestamp: undefined }, spec: { target_state: "uninstalled" } }), ["left"]],
    ["whose spec breaks a rule, too", blog({ spec: { wait: { timeout: -1 } } }), ["left"]],
    ["leaves all, by its policy", blog({ spec: { deletion_policy: "orphan" } }), []],
    ["looks for nothing, never having had a release", blog({ status: undefined }), []],
  ])("%s", async (_, of, expected) => {
    expect((await observe(of)).orphanedObjects.map(({ name }) => name)).toEqual(expected);
  });

  test("looks for nothing when this process removed the record", async () => {
    purged.add("uid-blog");
    expect(await observe(blog())).toMatchObject({ vanished: false, orphanedObjects: [] });
  });

  test("asks for the record first: the cache may have lost it", async () => {
    await api.create({ resource: secretResource, namespace: "site" }, { ...record, metadata: { ...record.metadata, namespace: "site" } }, never);
    expect(await observe(blog())).toMatchObject({ vanished: false, orphanedObjects: [], record: { newest: { status: "deployed" } } });
  });

  test("stays while the API server does not say what is left", async () => {
    api.before = ({ resource }) => {
      if (resource.plural === "configmaps") throw new ApiError("try later", { status: 503, reason: "ServiceUnavailable" });
    };
    await expect(observe(blog())).rejects.toThrow("cannot tell what is left of release blog, so nothing is removed until it can: try later");
  });

  test("leaves all when its definition goes", async () => {
    const name = "armadacharts.armada.airshipit.org";
    await api.patch({ resource: DEFINITIONS, name }, { type: "merge", body: { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } } }, never);
    expect(await observe(blog())).toMatchObject({ losingItsApi: true, orphanedObjects: [] });
  });
});

describe("a chart that goes removes nothing while it cannot be told", () => {
  test.each([
    [
      "whether its definition goes",
      "customresourcedefinitions",
      "whether CustomResourceDefinition armadacharts.armada.airshipit.org is being deleted",
    ],
    ["whether its namespace goes", "namespaces", "whether namespace far is being deleted"],
    ["whether there is a record", "secrets", "whether release blog has a record"],
  ])("%s", async (_, plural, question) => {
    for (const status of [0, 401, 403, 429, 500, 503]) {
      api.before = ({ resource }) => {
        if (resource.plural === plural) throw new ApiError("no", { status, reason: "Any" });
      };
      const asked = observe(far({ metadata: terminating }));
      await expect(asked).rejects.toThrow(`cannot tell ${question}, so nothing is removed until it can: no`);
      await expect(asked).rejects.toMatchObject({ status });
    }
  });
});
