import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Estate, groupOwners, groupsOwning, NAMESPACES, PATIENCE_MS, storageClient } from "../../testing/estate/estate.ts";
import { cameUpInOrder, isEmpty, wentInReverse } from "../../testing/estate/estate-order.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { normalised, tablesOf } from "../../testing/estate/tables.ts";

const REQUESTED_AT = "armada.airshipit.org/reconcile-requested-at";
const ONLY_BOOTSTRAP = ["maas", "drydock", "promenade"];
const MINUTES = 180_000;
let estate: Estate;

beforeAll(async () => {
  estate = await Estate.start();
}, 60_000);

afterAll(async () => estate?.site.stop(), 30_000);

const groupNames = (manifest: string): readonly string[] => estate.groupsOf(manifest).map(({ name }) => name);
const shared = (): readonly string[] => groupNames("full-site").filter((name) => groupNames("bootstrap").includes(name));
const sharedCharts = (): readonly string[] => estate.groupsOf("bootstrap").flatMap(({ name, charts }) => (shared().includes(name) ? charts : []));
const own = (manifest: string) => estate.groupsOf(manifest).filter(({ name }) => !shared().includes(name));

/** What must not change when something is left alone. */
const fixed = async (names: readonly string[]): Promise<readonly (readonly string[])[]> =>
  (await estate.charts())
    .filter(({ name }) => names.includes(name))
    .map(({ name, uid, generation, revision, state }) => [name, uid, generation, revision, state]);

/** `Kind namespace/name state` of each of these objects that was not deployed at some moment since. */
const disturbed = (kind: string, names: readonly string[], start: number): readonly string[] => [
  ...new Set(
    estate
      .since(start, kind)
      .filter(({ object }) => names.includes(object.metadata.name) && object.metadata.name !== "helm-toolkit")
      .map(({ what, object }) => `${what} ${textAt(object, "status.actual_state") ?? ""}`)
      .filter((seen) => !seen.endsWith(" deployed")),
  ),
];

const bringUpBoth = async (): Promise<void> => {
  for (const manifest of ["bootstrap", "full-site"]) await estate.enable(manifest);
  for (const manifest of ["bootstrap", "full-site"]) await estate.becomes(`amf/${manifest}`, { actual_state: "deployed", satisfied: true });
};

describe("examples/estate", () => {
  test(
    "is applied, and nothing starts: every object says that it is parked",
    async () => {
      await estate.apply();
      await estate.site.cluster.kubectl(["annotate", "act", "-A", "--all", `${REQUESTED_AT}=now`]);
      await eventually(
        "every object has answered",
        async () => {
          const charts = await estate.charts();
          expect(charts).toHaveLength(30);
          for (const { name, ...chart } of charts) {
            const reason = name === "helm-toolkit" ? "Library" : "Parked";
            expect({ name, ...chart }).toMatchObject({ name, reason, state: "uninitialized", satisfied: true, observed: true, requestedAt: "now" });
          }
          const lists = ["acg", "amf"].map((kind) => estate.site.reader.list(kind, { namespace: "site" }));
          const parents = (await Promise.all(lists)).flat();
          expect(parents).toHaveLength(14);
          for (const parent of parents) expect(parent).toMatchObject({ status: { reason: "Parked", satisfied: true } });
        },
        PATIENCE_MS,
      );
      expect([await estate.site.helmRuns(), await estate.records()]).toEqual([0, []]);
    },
    MINUTES,
  );

  test(
    "bootstrap comes up as far as the group that misses a chart, and names it",
    async () => {
      await estate.enable("bootstrap");
      const missing = expect.stringContaining("for ArmadaChart memcached to be created");
      await estate.becomes("acg/messaging", { reason: "WaitingForMember", actual_state: "pending", satisfied: false, waiting_for: missing });
      await estate.becomes("amf/bootstrap", { satisfied: false, waiting_for: expect.stringContaining("ArmadaChart memcached") });
      await estate.chartBecomes("rabbitmq", { actual_state: "deployed" });
      await estate.becomes("acg/identity", { reason: "WaitingForTurn" });
      await estate.chartBecomes("keystone", { actual_state: "uninitialized" });
    },
    MINUTES,
  );

  test(
    "bootstrap goes on when the chart is created, in order, and releases carry the prefix",
    async () => {
      await estate.applyMissing();
      await estate.becomes("amf/bootstrap", { actual_state: "deployed", satisfied: true, progress: "6/6" });
      await cameUpInOrder(estate, estate.groupsOf("bootstrap"), 0);
      const charts = estate.groupsOf("bootstrap").flatMap((group) => group.charts);
      const expected = charts
        .filter((name) => name !== "helm-toolkit")
        .map((name) => `${estate.namespaceOf(name)}/sh.helm.release.v1.site-${name}.v1`);
      expect((await estate.records()).map((record) => record.split(" ")[0] ?? "").toSorted()).toEqual(expected.toSorted());
    },
    MINUTES,
  );

  test(
    "full-site leaves the shared groups as they are, and brings the rest up in order",
    async () => {
      const untouched = sharedCharts().filter((name) => name !== "storage-client");
      const [before, runs, records, start] = [await fixed(untouched), await estate.site.helmRuns(), await estate.records(), estate.now()];
      await estate.enable("full-site");
      await estate.becomes("amf/full-site", { actual_state: "deployed", satisfied: true, progress: "11/11" });
      expect(await fixed(untouched)).toEqual(before);
      const rest = own("full-site").flatMap(({ charts }) => charts);
      expect(await estate.site.helmRuns()).toBe(runs + rest.length - 1);
      expect((await estate.records()).filter((record) => records.includes(record))).toHaveLength(records.length - 1);
      await cameUpInOrder(
        estate,
        own("full-site").filter(({ name }) => name !== "monitoring"),
        start,
      );
      for (const group of shared()) expect(await groupOwners(estate, group)).toEqual(["bootstrap controls", "full-site"]);
      expect(await groupsOwning(estate, "node-exporter")).toEqual(["monitoring owner", "provisioning controller"]);
    },
    MINUTES,
  );

  test(
    "the update has taken the release over, with its values",
    async () => {
      await estate.chartBecomes("storage-client", { reason: "Superseded", actual_state: "deployed", satisfied: true });
      await estate.chartBecomes("storage-client-update", { actual_state: "deployed", release: { name: "site-storage-client", revision: 2 } });
      expect(await storageClient(estate)).toEqual({ replicas: "2", pools: "twelve" });
      const [update] = (await estate.charts()).filter(({ name }) => name === "storage-client-update");
      const newest = await estate.in("ceph").get("secret/sh.helm.release.v1.site-storage-client.v2");
      expect(newest).toMatchObject({ metadata: { labels: { "armada.airshipit.org/owner": update?.uid, status: "deployed" } } });
    },
    MINUTES,
  );

  test("kubectl shows the table of the README", async () => {
    const table = tablesOf(await readFile(join(repository, "examples/estate/README.md"), "utf8")).at(-1);
    await eventually("the table", async () => {
      expect(normalised(await estate.site.cluster.kubectl(["get", "act,acg,amf", "-A"]))).toBe(table);
    });
  });

  test.each([
    ["client-side apply", []],
    ["a forced server-side apply", ["--server-side", "--force-conflicts"]],
  ])(
    "three times %s of the whole estate runs no helm and changes no member; the manifests show what their file says",
    async (_how, flags) => {
      const members = async () => (await estate.charts()).map(({ name, revision, state, reason }) => [name, revision, state, reason]);
      const before = [await estate.site.helmRuns(), await estate.records(), await members()];
      const start = estate.now();
      for (let time = 0; time < 3; time += 1) {
        await estate.apply(...flags);
        for (const manifest of ["bootstrap", "full-site"])
          await estate.becomes(`amf/${manifest}`, { reason: "Parked", actual_state: "uninitialized" });
      }
      await eventually("every chart has seen its file", async () => {
        expect((await estate.charts()).filter(({ observed }) => !observed)).toEqual([]);
      });
      await bringUpBoth();
      expect([await estate.site.helmRuns(), await estate.records(), await members()]).toEqual(before);
      const charts = (await estate.charts()).map(({ name }) => name);
      expect(disturbed("ArmadaChart", charts, start)).toEqual([]);
      expect(disturbed("ArmadaChartGroup", [...groupNames("bootstrap"), ...groupNames("full-site")], start)).toEqual([]);
    },
    MINUTES,
  );

  test(
    "a change in a late group waits for one in an early group, and says so",
    async () => {
      await estate.in("ceph").patch("act/ceph-mon", { spec: { values: { nodeSelector: { rack: "none" } } } });
      await estate.chartBecomes("ceph-mon", { reason: "ResourcesNotReady", release: { revision: 2 } });
      for (const late of ["nova", "horizon"]) {
        await estate.in("openstack").patch(`act/${late}`, { spec: { values: { podAnnotations: { theme: "dark" } } } });
        const waiting = { satisfied: false, reason: "WaitingForTurn", release: { revision: 1 } };
        await estate.chartBecomes(late, {
          ...waiting,
          waiting_for: expect.stringMatching(/ArmadaChartGroup site\/storage to be ready.*kubectl.*annotate act/),
        });
      }
    },
    MINUTES,
  );

  test(
    "a request lets it pass; the other one goes on by itself",
    async () => {
      await estate.in("openstack").kubectl(["annotate", "act", "horizon", `${REQUESTED_AT}=at once`, "--overwrite"]);
      await estate.chartBecomes("horizon", { actual_state: "deployed", release: { revision: 2 } });
      await estate.chartBecomes("nova", { reason: "WaitingForTurn", release: { revision: 1 } });
      await estate.chartBecomes("ceph-mon", { reason: "ResourcesNotReady" });
      await estate.in("ceph").patch("act/ceph-mon", { spec: { values: { nodeSelector: null } } });
      await estate.chartBecomes("nova", { actual_state: "deployed", release: { revision: 2 } });
      await estate.becomes("amf/full-site", { actual_state: "deployed", satisfied: true });
      await estate.chartBecomes("ceph-mon", { actual_state: "deployed", release: { revision: 3 } });
    },
    MINUTES,
  );

  test(
    "bootstrap is deleted, and nothing that full-site needs is touched",
    async () => {
      const needed = estate.groupsOf("full-site").flatMap(({ charts }) => charts);
      const [before, runs, records, start] = [await fixed(needed), await estate.site.helmRuns(), await estate.records(), estate.now()];
      await estate.remove("bootstrap");
      await wentInReverse(estate, [{ name: "provisioning", sequenced: true, charts: ONLY_BOOTSTRAP }], start);
      expect(await fixed(needed)).toEqual(before);
      expect(await estate.site.helmRuns()).toBe(runs + ONLY_BOOTSTRAP.length);
      expect(await estate.records()).toEqual(records.filter((record) => !ONLY_BOOTSTRAP.some((name) => record.includes(`.site-${name}.`))));
      await eventually("full-site controls what is left", async () => {
        for (const group of groupNames("full-site")) expect(await groupOwners(estate, group)).toEqual(["full-site controls"]);
        expect(await groupsOwning(estate, "node-exporter")).toEqual(["monitoring controller"]);
      });
      await estate.becomes("amf/full-site", { actual_state: "deployed", satisfied: true });
    },
    MINUTES,
  );

  test(
    "full-site is deleted: everything goes in reverse, and nothing is left",
    async () => {
      const start = estate.now();
      await estate.remove("full-site");
      await wentInReverse(estate, estate.groupsOf("full-site"), start);
      await isEmpty(estate);
    },
    MINUTES,
  );
});

describe("examples/estate, a second time", () => {
  test(
    "comes up with both manifests at once",
    async () => {
      const start = estate.now();
      await estate.apply();
      await estate.applyMissing();
      await bringUpBoth();
      await cameUpInOrder(estate, estate.groupsOf("bootstrap"), start);
      await cameUpInOrder(
        estate,
        estate.groupsOf("full-site").filter(({ name }) => name !== "monitoring"),
        start,
      );
    },
    MINUTES,
  );

  test(
    "full-site is deleted first: the release is returned, and what bootstrap needs stays",
    async () => {
      const needed = estate.groupsOf("bootstrap").flatMap(({ charts }) => charts.filter((name) => name !== "storage-client"));
      const [before, start] = [await fixed(needed), estate.now()];
      await estate.remove("full-site");
      await wentInReverse(
        estate,
        own("full-site").map((group) => ({ ...group, charts: group.charts.filter((name) => name !== "node-exporter") })),
        start,
      );
      const told = estate.since(start, "Event").filter(({ object }) => textAt(object, "reason") === "ReleaseReturned");
      expect(told.map(({ object }) => textAt(object, "regarding.name"))).toContain("storage-client-update");
      await estate.chartBecomes("storage-client", { actual_state: "deployed", reason: "UnderlyingResourcesReady", release: { revision: 3 } });
      expect(await storageClient(estate)).toEqual({ replicas: "1", pools: "three" });
      expect(await fixed(needed)).toEqual(before);
      expect(await groupsOwning(estate, "node-exporter")).toEqual(["provisioning controller"]);
      await estate.becomes("amf/bootstrap", { actual_state: "deployed", satisfied: true, progress: "6/6" });
    },
    MINUTES,
  );

  test(
    "bootstrap is deleted: the rest goes in reverse, and nothing is left",
    async () => {
      const start = estate.now();
      await estate.remove("bootstrap");
      await wentInReverse(estate, estate.groupsOf("bootstrap"), start);
      await isEmpty(estate);
    },
    MINUTES,
  );

  test("every unsatisfied object said what it waited for, at every moment", () => {
    const silent = estate.site.recorder
      .history()
      .filter(({ object }) => NAMESPACES.includes(object.metadata.namespace ?? ""))
      .filter(({ object }) => textAt(object, "status.satisfied") === "false" && (textAt(object, "status.waiting_for") ?? "") === "");
    expect(silent).toEqual([]);
  });
});
