import { beforeEach, describe, expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/manual-clock.ts";
import { releaseIndex, releaseIndexer, secretResource, SecretReleaseStore } from "../../helm/release-store.ts";
import { ApiError } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/memory-api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { Store } from "../../runtime/store.ts";
import type { ArmadaChart, ArmadaChartSpec } from "../api/chart.ts";
import { chart, estateOf } from "../testing.ts";
import { observeChart, type ChartObserveDeps } from "./observe.ts";

const never = new AbortController().signal;
const released = { release: { name: "blog", namespace: "far", revision: 1 } };
const terminating = { deletionTimestamp: "2026-03-01T11:59:00Z" };

let api: MemoryApi;
/** Why releases may not live in `far`, which nothing watches. */
let refusal: string | undefined;

const far = (parts: { readonly metadata?: object; readonly spec?: Partial<ArmadaChartSpec> } = {}): ArmadaChart =>
  chart("blog", { ...parts, spec: { namespace: "far", ...parts.spec }, status: released });

const observe = (of: ArmadaChart) => {
  const estate = estateOf(of);
  const deps = {
    api,
    estate,
    chartByUid: (uid: string) => estate.chartByUid(uid),
    releases: new SecretReleaseStore(new Store<KubeObject>({ log: silentLogger, indexers: { [releaseIndex]: releaseIndexer } }), api),
    records: { read: () => Promise.resolve({ damaged: "not read here" }) },
    charts: { read: () => Promise.resolve({ state: "unread" }) },
    clock: new ManualClock(),
    epoch: "1-a",
    refusal: () => refusal,
    purged: new Set<string>(),
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
  api = new MemoryApi();
  refusal = "far is not among the namespaces that --watch-namespaces names";
  await api.create({ resource: secretResource, namespace: "far" }, record, never);
  api.calls.length = 0;
});

describe("a release where none may live any more", () => {
  test.each([
    ["deleted", far({ metadata: terminating })],
    ["asked to be uninstalled", far({ spec: { target_state: "uninstalled" } })],
  ])("is asked for, and found, when its chart is %s", async (_, of) => {
    const { record: found, ownership, strays } = await observe(of);
    expect([found?.newest.status, ownership, strays]).toEqual(["deployed", { of: "ours" }, []]);
  });

  test("keeps its chart while it may not be asked for", async () => {
    const error = new ApiError("secrets is forbidden", { status: 403, reason: "Forbidden" });
    api.before = ({ resource }) => {
      if (resource.plural === "secrets") throw error;
    };
    await expect(observe(far({ metadata: terminating }))).rejects.toBe(error);
  });

  test("is not asked for while its chart stays: it is refused, whoever may read what", async () => {
    expect(await observe(far())).toMatchObject({ refusal, record: undefined });
    expect(api.said).toEqual([]);
  });
});
