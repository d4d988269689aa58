import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ChartFolder } from "../../testing/charts/chart-folder.ts";
import { eventually } from "../../testing/eventually.ts";
import { eventsOf, namesOf, record, releases, tells, uidOf } from "../../testing/estate/members.ts";
import { chart, createParts, group, manifest } from "../../testing/estate/objects.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const MIRRORS = { ...DEPLOYED, reason: "Superseded", release: { name: "client", superseded_by: "ArmadaChart update" } };
const parkedSpec = { target_state: "uninitialized" };
const says = (...words: readonly string[]) => expect.stringMatching(words.join(".*"));

let charts: ChartFolder;
let site: Site;

beforeAll(async () => {
  charts = await createParts();
  await charts.write("other", { "map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n" });
  site = await Site.start({ chartRoot: charts.path });
}, 60_000);

afterAll(async () => {
  await site?.stop();
  await charts?.remove();
}, 30_000);

/** The chart `update` of release `client`, with values of its own. */
const update = (spec: object = {}) => chart("update", { release: "client", values: { text: "new" }, ...spec });
const files = (values: object = {}) => [
  chart("client", { ...parkedSpec, values: { text: "old", ...values } }),
  update({ ...parkedSpec, values: { text: "new", ...values } }),
  group("base", ["client"], parkedSpec),
  group("later", ["update"], parkedSpec),
  manifest("bootstrap", ["base"]),
  manifest("full", ["base", "later"], parkedSpec),
];

/** `client` runs by the manifest `bootstrap`; then `full` enables `update`, which takes the release. */
const takenOver = async (name: string, values: object = {}): Promise<Namespace> => {
  const namespace = await site.namespace(name);
  await namespace.apply(files(values));
  await namespace.becomes("amf/bootstrap", DEPLOYED);
  await namespace.patch("amf/full", { spec: { target_state: "deployed" } });
  await namespace.becomes("amf/full", DEPLOYED);
  await namespace.becomes("act/client", MIRRORS);
  return namespace;
};

const text = async (namespace: Namespace, name = "client"): Promise<string | undefined> => textAt(await namespace.get(`cm/${name}`), "data.text");

/** The chart whose uid is on the record of that revision. */
const ownerOf = async (namespace: Namespace, revision: number): Promise<string | undefined> => {
  const labels = textAt(await namespace.get(`secret/sh.helm.release.v1.client.v${String(revision)}`), "metadata.labels") ?? "";
  for (const name of await namesOf(namespace, "act")) if (labels.includes(await uidOf(namespace, `act/${name}`))) return name;
  return undefined;
};

describe("two charts for one release", () => {
  test("the one that a later manifest enables takes it over, by one upgrade, and re-applied files and a restart move nothing", async () => {
    const namespace = await site.namespace("taken");
    await namespace.apply(files());
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    await namespace.becomes("act/update", { reason: "Parked", satisfied: true });
    expect([await text(namespace), await ownerOf(namespace, 1)]).toEqual(["old", "client"]);
    const runs = await site.helmRuns();
    await namespace.patch("amf/full", { spec: { target_state: "deployed" } });
    await namespace.becomes("amf/full", DEPLOYED);
    await namespace.becomes("act/client", MIRRORS);
    await namespace.becomes("act/update", { ...DEPLOYED, release: { name: "client", revision: 2 } });
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    await tells(namespace, "update", "ReleaseTaken release client, from ArmadaChart client, is now owned by this ArmadaChart");
    await tells(namespace, "client", "Superseded ");
    expect([await text(namespace), await ownerOf(namespace, 2), await site.helmRuns()]).toEqual(["new", "update", runs + 1]);
    for (const time of ["first", "second", "third"]) {
      await namespace.kubectlApply(files(), ...(time === "second" ? ["--server-side", "--force-conflicts"] : []));
      if (time === "third") await site.restart("SIGKILL");
      await namespace.kubectl(["annotate", "act", "--all", "--overwrite", `armada.airshipit.org/reconcile-requested-at=${time}`]);
      await namespace.becomes("act/client", { ...MIRRORS, reconcile_requested_at: time });
      await namespace.becomes("act/update", { ...DEPLOYED, reconcile_requested_at: time, release: { revision: 2 } });
    }
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["client.v1", "client.v2"], 0]);
    await namespace.becomes("amf/full", { reason: "Parked", satisfied: true });
  }, 60_000);

  test("show the same readiness", async () => {
    await site.cluster.kubectl(["label", "node", "node-1", "mirror=yes"]);
    const namespace = await takenOver("mirrors", { pods: true, node: { mirror: "yes" } });
    await site.cluster.kubectl(["label", "node", "node-1", "mirror-"]);
    await namespace.kubectl(["delete", "pod", "--all", "--timeout=20s"]);
    await namespace.becomes("act/update", { actual_state: "running", reason: "ResourcesNotReady", satisfied: false });
    await namespace.becomes("act/client", {
      actual_state: "running",
      reason: "Superseded",
      satisfied: false,
      waiting_for: says("ArmadaChart update", "Deployment client"),
    });
    await namespace.becomes("acg/base", { actual_state: "running", satisfied: false });
    await site.cluster.kubectl(["label", "node", "node-1", "mirror=yes"]);
    await namespace.becomes("act/client", MIRRORS);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
  }, 60_000);

  test("the superseded one is deleted without a touch on the release", async () => {
    const namespace = await takenOver("former-deleted");
    const runs = await site.helmRuns();
    await namespace.kubectl(["delete", "act", "client", "--timeout=20s"]);
    expect([await site.helmRuns(), await text(namespace), await releases(namespace)]).toEqual([runs, "new", ["client.v1", "client.v2"]]);
    await namespace.becomes("act/update", DEPLOYED);
    await namespace.kubectl(["delete", "amf,acg,act", "--all", "--timeout=40s"]);
    expect(await releases(namespace)).toEqual([]);
  }, 60_000);

  test("the superseded one is uninstalled without a touch on the release", async () => {
    const namespace = await takenOver("former-uninstalled");
    const runs = await site.helmRuns();
    await namespace.patch("act/client", { spec: { target_state: "uninstalled" } });
    await namespace.becomes("act/client", { actual_state: "uninstalled", satisfied: true, reason: "UninstallSuccessful" });
    expect([await site.helmRuns(), await text(namespace)]).toEqual([runs, "new"]);
    await namespace.kubectl(["delete", "act", "update", "--timeout=20s"]);
    expect(await releases(namespace)).toEqual([]);
  }, 60_000);

  test.each([
    ["is deleted", (namespace: Namespace) => namespace.kubectl(["delete", "act", "update", "--timeout=20s"])],
    ["is uninstalled", (namespace: Namespace) => namespace.patch("act/update", { spec: { target_state: "uninstalled" } })],
    ["goes with its manifest", (namespace: Namespace) => namespace.kubectl(["delete", "amf", "full", "--timeout=40s"])],
  ])(
    "the release goes back, and is upgraded, when the owner %s",
    async (how, leave) => {
      const namespace = await takenOver(`owner-${how.replaceAll(" ", "-")}`);
      const runs = await site.helmRuns();
      await leave(namespace);
      await tells(namespace, "update", "ReleaseReturned release client was returned to ArmadaChart client, which had it before");
      await namespace.becomes("act/client", { ...DEPLOYED, reason: "UnderlyingResourcesReady", release: { revision: 3 } });
      expect([await text(namespace), await ownerOf(namespace, 3), await site.helmRuns()]).toEqual(["old", "client", runs + 1]);
      expect(eventsOf(namespace, "update").filter((event) => event.startsWith("Uninstalled"))).toEqual([]);
      await namespace.becomes("amf/bootstrap", DEPLOYED);
    },
    60_000,
  );

  test("an owner that was uninstalled and is wanted again is the superseded one", async () => {
    const namespace = await takenOver("wanted-again");
    await namespace.patch("act/update", { spec: { target_state: "uninstalled" } });
    await namespace.becomes("act/client", { ...DEPLOYED, release: { revision: 3 } });
    const runs = await site.helmRuns();
    await namespace.patch("act/update", { spec: { target_state: "deployed" } });
    await namespace.becomes("act/update", { ...DEPLOYED, reason: "Superseded", release: { superseded_by: "ArmadaChart client" } });
    expect(await site.helmRuns()).toBe(runs);
  }, 60_000);

  test("a manifest that is uninstalled returns the release, and takes it again when it is deployed", async () => {
    const namespace = await takenOver("manifest-uninstalled");
    await namespace.patch("amf/full", { spec: { target_state: "uninstalled" } });
    await namespace.becomes("act/client", { ...DEPLOYED, release: { revision: 3 } });
    await namespace.becomes("amf/full", { actual_state: "uninstalled", satisfied: true });
    await namespace.patch("amf/full", { spec: { target_state: "deployed" } });
    await namespace.becomes("act/update", { ...DEPLOYED, reason: "UnderlyingResourcesReady", release: { revision: 4 } });
    await namespace.becomes("act/client", MIRRORS);
    expect(await text(namespace)).toBe("new");
  }, 60_000);

  test("a third that takes it gives it back to the second", async () => {
    const namespace = await takenOver("third");
    await namespace.apply([chart("third", { release: "client", values: { text: "third" }, ...parkedSpec }), group("last", ["third"], parkedSpec)]);
    await namespace.becomes("act/third", { reason: "Parked" });
    await namespace.patch("acg/last", { spec: { target_state: "deployed" } });
    await namespace.becomes("acg/last", DEPLOYED);
    await namespace.becomes("act/update", { ...DEPLOYED, reason: "Superseded" });
    await namespace.kubectl(["delete", "acg", "last", "--timeout=30s"]);
    await namespace.becomes("act/update", { ...DEPLOYED, reason: "UnderlyingResourcesReady", release: { revision: 4 } });
    await namespace.becomes("act/client", MIRRORS);
  }, 60_000);

  test("an owner that is parked keeps it, and the former one shows it", async () => {
    const namespace = await takenOver("parked-again");
    await namespace.kubectl(["delete", "acg", "later", "--cascade=orphan", "--timeout=30s"]);
    await namespace.patch("act/update", { spec: { target_state: "uninitialized" } });
    await namespace.becomes("act/update", { actual_state: "uninitialized", satisfied: true, reason: "Unmanaged" });
    await namespace.becomes("act/client", MIRRORS);
    expect(await text(namespace)).toBe("new");
  }, 60_000);

  test.each([
    ["full", "bootstrap"],
    ["bootstrap", "full"],
  ])(
    "nothing is left when the manifests are deleted, %s first",
    async (first, second) => {
      const namespace = await takenOver(`${first}-first`);
      await namespace.kubectl(["delete", "amf", first, "--timeout=40s"]);
      await namespace.becomes(`amf/${second}`, DEPLOYED);
      await eventually("the release is of what is left", async () => expect(await text(namespace)).toBe(first === "full" ? "old" : "new"));
      await namespace.becomes(`amf/${second}`, DEPLOYED);
      await namespace.kubectl(["delete", "amf", second, "--timeout=40s"]);
      await eventually("nothing is left", async () => expect(await namespace.names("act,acg,amf,secret")).toEqual([]));
      expect(await namesOf(namespace, "cm")).toEqual(["kube-root-ca.crt"]);
    },
    60_000,
  );
});

describe("everything else is a conflict", () => {
  test("an enabled chart that names another source: the owner is named, and its end settles it", async () => {
    const namespace = await site.namespace("sources");
    const source = { type: "local", location: "/opt/armada/helm-charts/other" };
    await namespace.apply([chart("client"), update({ ...parkedSpec, source })]);
    await namespace.becomes("act/client", DEPLOYED);
    await namespace.becomes("act/update", { reason: "Parked" });
    const runs = await site.helmRuns();
    await namespace.patch("act/update", { spec: { target_state: "deployed" } });
    await namespace.becomes("act/update", {
      actual_state: "error",
      reason: "ReleaseConflict",
      waiting_for: says("belongs to ArmadaChart client", "uses another chart"),
    });
    await namespace.becomes("act/client", { ...DEPLOYED, reason: "UnderlyingResourcesReady" });
    expect(await site.helmRuns()).toBe(runs);
    await namespace.kubectl(["delete", "act", "client", "--timeout=20s"]);
    await namespace.becomes("act/update", { ...DEPLOYED, release: { revision: 1 } });
  }, 60_000);

  test("a copied file that starts as deployed: nothing is touched, not by its deletion either", async () => {
    const namespace = await site.namespace("copied");
    await namespace.apply([chart("client")]);
    await namespace.becomes("act/client", DEPLOYED);
    const runs = await site.helmRuns();
    await namespace.apply([update()]);
    await namespace.becomes("act/update", {
      actual_state: "error",
      reason: "ReleaseConflict",
      waiting_for: says("release client belongs to ArmadaChart client"),
    });
    await namespace.kubectl(["delete", "act", "update", "--timeout=20s"]);
    expect([await site.helmRuns(), await text(namespace)]).toEqual([runs, "none"]);
  }, 60_000);

  test("of two new charts the older one installs, and the other when that is gone", async () => {
    const namespace = await site.namespace("new-ones");
    await site.operator.stop();
    await namespace.apply([chart("client", { values: { text: "old" } })]);
    await eventually("the next second begins", async () => {
      await namespace.kubectl(["delete", "act", "update", "--ignore-not-found"]);
      await namespace.apply([update()]);
      const created = async (name: string) => textAt(await namespace.get(`act/${name}`), "metadata.creationTimestamp");
      expect(await created("update")).not.toBe(await created("client"));
    });
    await site.restart("SIGTERM");
    await namespace.becomes("act/client", DEPLOYED);
    await namespace.becomes("act/update", { actual_state: "error", reason: "ReleaseConflict", waiting_for: says("ArmadaChart client") });
    expect([await text(namespace), await releases(namespace)]).toEqual(["old", ["client.v1"]]);
    await namespace.kubectl(["delete", "act", "client", "--timeout=20s"]);
    await namespace.becomes("act/update", { ...DEPLOYED, release: { revision: 1 } });
    expect(await text(namespace)).toBe("new");
  }, 60_000);

  test("but not with adoption: overwrite, which takes it once", async () => {
    const namespace = await site.namespace("overwrite");
    await namespace.apply([chart("client", { adoption: "overwrite", values: { text: "old" } })]);
    await namespace.becomes("act/client", DEPLOYED);
    const runs = await site.helmRuns();
    await namespace.apply([update({ adoption: "overwrite" })]);
    await namespace.becomes("act/update", { ...DEPLOYED, release: { revision: 2 } });
    await namespace.becomes("act/client", MIRRORS);
    await namespace.kubectl(["annotate", "act", "--all", "armada.airshipit.org/reconcile-requested-at=now"]);
    await namespace.becomes("act/client", { ...MIRRORS, reconcile_requested_at: "now" });
    expect([await text(namespace), await site.helmRuns(), await namespace.when(record("client", 2), () => true)]).toEqual([
      "new",
      runs + 1,
      expect.any(Number),
    ]);
  }, 60_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
