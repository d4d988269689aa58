import { beforeEach, describe, expect, test } from "@jest/globals";
import { CHARTS } from "../../../armada/api/chart.ts";
import { GROUPS } from "../../../armada/api/group.ts";
import { MANIFESTS } from "../../../armada/api/manifest.ts";
import { CHART_FINALIZER, LEASE_ANNOTATIONS, PARENT_FINALIZER, RELEASE_NAME } from "../../../armada/names.ts";
import { chart, group, manifest, owned, serve } from "../../../armada/testing/estate.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { ApiError } from "../../../runtime/api.ts";
import { LEASES, renewLease, takeLease } from "../../../runtime/leaderelection/lease-record.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { KubeObject, ObjectMeta, Resource } from "../../../runtime/object.ts";
import { releaseFinalizers } from "./command.ts";

const never = new AbortController().signal;
const going = (finalizer: string, ...others: readonly string[]): Partial<ObjectMeta> => ({
  deletionTimestamp: "2026-03-01T11:00:00Z",
  finalizers: [finalizer, ...others],
});

let api: MemoryApi;
let clock: ManualClock;
let said: string[];

const put = (resource: Resource, object: KubeObject): Promise<unknown> => api.create({ resource, namespace: "site" }, object, never);
const finalizers = async (resource: Resource, name: string): Promise<readonly string[] | undefined> =>
  (await api.get({ resource, namespace: "site", name }, never))?.metadata.finalizers;

const release = (yes: boolean): Promise<number> =>
  releaseFinalizers({ api, clock, yes, watchNamespaces: ["site"], leaseNamespace: "ops", say: (line) => said.push(line) }, never);

/** A Lease as an operator holds it. */
const lease = async (identity = "one"): Promise<void> => {
  const taking = {
    namespace: "ops",
    name: "armada-operator",
    annotations: LEASE_ANNOTATIONS,
    identity,
    durationMs: 15_000,
    nowMs: clock.now(),
    nonce: "0",
    watched: [],
  };
  await api.create({ resource: LEASES, namespace: "ops" }, takeLease(undefined, taking).body, never);
};

beforeEach(async () => {
  api = new MemoryApi();
  clock = new ManualClock();
  said = [];
  await put(CHARTS, chart("a", { metadata: { ...going(CHART_FINALIZER), annotations: { [RELEASE_NAME]: "site-a" } } }));
  await put(CHARTS, chart("kept", { metadata: going(CHART_FINALIZER, "example.org/other") }));
  await put(CHARTS, chart("stays", { metadata: { finalizers: [CHART_FINALIZER] } }));
  await put(CHARTS, chart("foreign", { metadata: going("example.org/other") }));
  await put(GROUPS, group("g", [], { metadata: going(PARENT_FINALIZER) }));
  await put(MANIFESTS, manifest("m", [], { metadata: going(PARENT_FINALIZER) }));
  api.calls.length = 0;
});

const LINES = [
  `ArmadaChart site/a: ${CHART_FINALIZER} comes off; the object goes, and release site-a stays as it is, if it has one`,
  `ArmadaChart site/kept: ${CHART_FINALIZER} comes off; the object stays until example.org/other is off, too, and its release stays as it is, if it has one`,
  `ArmadaChartGroup site/g: ${PARENT_FINALIZER} comes off; the object goes, and its members are left to themselves`,
  `ArmadaManifest site/m: ${PARENT_FINALIZER} comes off; the object goes, and its members are left to themselves`,
];

describe("release-finalizers", () => {
  test("says what it would do, and changes nothing without --yes", async () => {
    expect(await release(false)).toBe(1);
    expect(said).toEqual([...LINES, "Nothing was changed. Run again with --yes to apply this."]);
    expect(api.calls.filter(({ verb }) => verb !== "get" && verb !== "list")).toEqual([]);
  });

  test("takes ours off what is being deleted, and nothing else off anything", async () => {
    expect(await release(true)).toBe(0);
    expect(said).toEqual(LINES);
    expect(await Promise.all(["a", "kept", "stays", "foreign"].map((name) => finalizers(CHARTS, name)))).toEqual([
      undefined,
      ["example.org/other"],
      [CHART_FINALIZER],
      ["example.org/other"],
    ]);
    expect([await finalizers(GROUPS, "g"), await finalizers(MANIFESTS, "m")]).toEqual([undefined, undefined]);
    expect(api.calls.some(({ verb, resource }) => verb === "delete" || resource.plural === "secrets")).toBe(false);
    said = [];
    expect(await release(true)).toBe(0);
    expect(said).toEqual(["No object that is being deleted has a finalizer of the operator."]);
  });

  test("passes over kinds that are served no more", async () => {
    api.before = ({ verb, resource }) => {
      if (verb === "list" && resource.plural !== CHARTS.plural) throw new ApiError("not found", { status: 404, reason: "NotFound" });
    };
    expect(await release(true)).toBe(0);
    expect(said).toEqual(LINES.slice(0, 2));
  });

  test("goes on when one object is refused, and says so", async () => {
    api.before = ({ verb, name }) => {
      if (verb === "patch" && name === "a") throw new ApiError("a is invalid", { status: 422, reason: "Invalid" });
    };
    expect(await release(true)).toBe(1);
    expect(said).toEqual(["ArmadaChart site/a: its finalizer stays: a is invalid", ...LINES.slice(1)]);
  });

  describe("of a parent whose member is not being deleted", () => {
    beforeEach(async () => {
      const live = await api.get({ resource: GROUPS, namespace: "site", name: "g" }, never);
      await put(CHARTS, owned(chart("member"), group("g", [], { metadata: { uid: live?.metadata.uid ?? "" } })));
    });
    const about = (): readonly string[] => said.filter((line) => line.startsWith("ArmadaChartGroup"));

    test("says what Kubernetes does next", async () => {
      await serve(GROUPS, api);
      expect(await release(true)).toBe(0);
      expect(about()).toEqual([expect.stringContaining("Kubernetes then deletes its members (ArmadaChart member): run this again for them")]);
      expect(await finalizers(GROUPS, "g")).toBeUndefined();
    });

    test.each([
      ["is being deleted", { deletionTimestamp: "2026-03-01T10:59:00Z" }],
      ["was made anew", { creationTimestamp: "2026-03-01T12:00:00Z" }],
    ])("leaves it while its definition %s: nobody asked for the member to go", async (_, metadata) => {
      await serve(GROUPS, api, metadata);
      expect(await release(true)).toBe(1);
      expect(about()).toEqual([expect.stringContaining("its finalizer stays: it goes with its definition")]);
      expect(about()[0]).toContain('kubectl -n site patch armadachart member --type=merge -p \'{"metadata":{"ownerReferences":null}}\'');
      expect(await finalizers(GROUPS, "g")).toEqual([PARENT_FINALIZER]);
    });

    test("leaves it while that cannot be told", async () => {
      api.before = ({ resource }) => {
        if (resource.plural === "customresourcedefinitions") throw new ApiError("no", { status: 403, reason: "Forbidden" });
      };
      expect(await release(true)).toBe(1);
      expect(about()).toEqual([expect.stringContaining("its finalizer stays: cannot tell whether CustomResourceDefinition")]);
    });
  });

  test("looks again when somebody else writes at the same moment, and leaves an object of the same name alone", async () => {
    let left = 2;
    api.before = ({ verb, name }) => {
      if (verb === "patch" && name === "a" && left-- > 0) throw new ApiError("changed", { status: 409, reason: "Conflict" });
    };
    expect(await release(true)).toBe(0);
    expect(await finalizers(CHARTS, "a")).toBeUndefined();
  });
});

describe("release-finalizers and an operator", () => {
  const run = async (yes: boolean, each: () => Promise<unknown> = () => Promise.resolve()): Promise<number> => {
    let done = false;
    const running = release(yes).finally(() => (done = true));
    for (let times = 0; times < 20; times += 1) {
      await clock.advance(1_000);
      if (!done) await each();
    }
    return running;
  };

  test("that renews its Lease: it refuses, and names it", async () => {
    await lease();
    const renew = async (): Promise<void> => {
      const ref = { resource: LEASES, namespace: "ops", name: "armada-operator" };
      const live = await api.get(ref, never);
      if (live !== undefined) await api.replace(ref, renewLease(live, clock.now()), never);
    };
    expect(await run(true, renew)).toBe(1);
    expect(said.at(-1)).toContain("one holds Lease ops/armada-operator: an operator is running and removes these finalizers itself");
    expect(await finalizers(CHARTS, "stays")).toEqual([CHART_FINALIZER]);
    expect(await finalizers(CHARTS, "a")).toBeDefined();
  });

  test("that holds its Lease and renews it no more: it goes on after as long as the Lease lasts", async () => {
    await lease();
    const before = clock.monotonic();
    expect(await run(true)).toBe(0);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(15_000);
    expect(said[0]).toBe("one holds Lease ops/armada-operator: checking whether it is being renewed");
    expect(await finalizers(CHARTS, "a")).toBeUndefined();
  });

  test("that has stopped: it goes on at once", async () => {
    await lease("");
    expect(await release(true)).toBe(0);
  });

  test("of which it cannot tell: it fails, and changes nothing", async () => {
    const refused = new ApiError("leases is forbidden", { status: 403, reason: "Forbidden" });
    api.before = ({ resource }) => {
      if (resource.plural === LEASES.plural) throw refused;
    };
    await expect(release(true)).rejects.toMatchObject({ status: 403, cause: refused, message: expect.stringContaining("--lease-namespace") });
    expect(await finalizers(CHARTS, "a")).toBeDefined();
  });
});
