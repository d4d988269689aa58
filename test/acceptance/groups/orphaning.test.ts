import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { inOrder, labelledOwnersOf, namesOf, ownersOf, record, releases, tells } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { gone, has } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts({ flags: ["--cross-namespace=allow"] });
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const sentinels = async (namespace: Namespace): Promise<readonly string[]> =>
  (await namesOf(namespace, "cm")).filter((name) => name.startsWith("armada-sentinel-"));

/** Two charts here and, if there is a second namespace, one there; a sequenced group `NAME` over them. */
const estate = async (name: string, elsewhere: boolean, spec: object = {}): Promise<{ readonly home: Namespace; readonly away: Namespace }> => {
  const home = await site.namespace(name);
  const away = elsewhere ? await site.namespace(`${name}-away`) : home;
  const members = ["a", "b", "c"].map((member) => `${name}-${member}`);
  await away.apply([parked(`${name}-c`)]);
  await home.apply([parked(`${name}-a`), parked(`${name}-b`), group("g", members, spec)]);
  await home.becomes("acg/g", { ...DEPLOYED, progress: "3/3" });
  return { home, away };
};

/** Every member of {@link estate} runs, and nobody owns it. */
const isOrphaned = async (name: string, { home, away }: { readonly home: Namespace; readonly away: Namespace }): Promise<void> => {
  for (const [namespace, member] of [
    [home, `${name}-a`],
    [home, `${name}-b`],
    [away, `${name}-c`],
  ] as const) {
    const act = `act/${member}`;
    expect([await ownersOf(namespace, act), await labelledOwnersOf(namespace, act)]).toEqual([[], []]);
    expect(await namespace.get(act)).not.toHaveProperty("metadata.deletionTimestamp");
    await namespace.becomes(act, DEPLOYED);
    expect(await releases(namespace)).toContain(`${member}.v1`);
  }
  expect(await sentinels(home)).toEqual([]);
};

describe("kubectl delete --cascade=orphan", () => {
  test.each([
    ["in one namespace", "near", false],
    ["with a member in another one", "far", true],
  ])(
    "of a group leaves members and releases, unowned: %s",
    async (_, name, elsewhere) => {
      const sites = await estate(name, elsewhere);
      const runs = await site.helmRuns();
      expect(await sentinels(sites.home)).toHaveLength(elsewhere ? 1 : 0);
      await sites.home.kubectl(["delete", "acg", "g", "--cascade=orphan", "--timeout=50s"]);
      await isOrphaned(name, sites);
      await sites.home.kubectl(["annotate", "act", "--all", "armada.airshipit.org/reconcile-requested-at=now"]);
      await sites.home.becomes(`act/${name}-a`, { ...DEPLOYED, reconcile_requested_at: "now" });
      expect(await site.helmRuns()).toBe(runs);
    },
    60_000,
  );

  test.each([
    ["in one namespace", "near-tree", false],
    ["with groups in another one", "far-tree", true],
  ])(
    "of a manifest leaves groups and all below: %s",
    async (_, name, elsewhere) => {
      const { home, away } = await estate(name, elsewhere);
      const other = elsewhere ? away : home;
      await other.apply([parked(`${name}-d`), group(`${name}-h`, [`${name}-d`])]);
      await home.apply([manifest("m", ["g", `${name}-h`])]);
      await home.becomes("amf/m", { ...DEPLOYED, progress: "2/2" });
      const runs = await site.helmRuns();
      await home.kubectl(["delete", "amf", "m", "--cascade=orphan", "--timeout=50s"]);
      for (const [namespace, acg] of [
        [home, "acg/g"],
        [other, `acg/${name}-h`],
      ] as const) {
        expect([await ownersOf(namespace, acg), await labelledOwnersOf(namespace, acg)]).toEqual([[], []]);
        await namespace.becomes(acg, DEPLOYED);
      }
      expect(await sentinels(home)).toHaveLength(elsewhere ? 1 : 0);
      expect([await releases(other).then((names) => names.includes(`${name}-d.v1`)), await site.helmRuns()]).toEqual([true, runs]);
    },
    60_000,
  );

  test("is seen by an operator that was away then", async () => {
    const sites = await estate("absent", true);
    await site.operator.stop();
    await sites.home.kubectl(["delete", "acg", "g", "--cascade=orphan", "--wait=false"]);
    await eventually("the garbage collector has been there", async () => expect(await ownersOf(sites.home, "act/absent-a")).toEqual([]));
    await site.restart("SIGTERM");
    await sites.home.kubectl(["wait", "--for=delete", "acg/g", "--timeout=50s"]);
    await isOrphaned("absent", sites);
  }, 60_000);
});

describe("kubectl delete", () => {
  test.each([["background"], ["foreground"]])(
    "--cascade=%s of a group with a member elsewhere removes all in reverse",
    async (how) => {
      const { home, away } = await estate(how, true);
      await home.kubectl(["delete", "acg", "g", `--cascade=${how}`, "--timeout=50s"]);
      await eventually("nothing is left", async () => {
        expect([await home.names("act,acg,secret"), await away.names("act,secret"), await sentinels(home)]).toEqual([[], [], []]);
      });
      await inOrder(
        away.when(`ArmadaChart ${how}-c`, gone),
        home.when(record(`${how}-b`), gone),
        home.when(`ArmadaChart ${how}-b`, gone),
        home.when(`ConfigMap ${how}-a`, gone),
        home.when(`ArmadaChart ${how}-a`, gone),
        home.when("ArmadaChartGroup g", gone),
      );
    },
    60_000,
  );

  test("--cascade=foreground of a manifest keeps the reverse order over groups", async () => {
    const home = await site.namespace("front");
    const names = ["a", "b", "c", "d"].map((name) => `front-${name}`);
    await home.apply([
      ...names.map((name) => parked(name)),
      group("front-1", names.slice(0, 2), parkedSpec),
      group("front-2", names.slice(2), parkedSpec),
      manifest("m", ["front-1", "front-2"]),
    ]);
    await home.becomes("amf/m", DEPLOYED);
    await home.kubectl(["delete", "amf", "m", "--cascade=foreground", "--timeout=50s"]);
    await inOrder(
      home.when("ArmadaChart front-d", gone),
      home.when("ConfigMap front-c", gone),
      home.when("ArmadaChart front-c", gone),
      home.when("ConfigMap front-b", gone),
      home.when("ArmadaChart front-b", gone),
      home.when("ConfigMap front-a", gone),
      home.when("ArmadaChart front-a", gone),
    );
    expect(await home.names("act,acg,amf,secret")).toEqual([]);
  }, 60_000);
});

describe("deletion_policy: orphan", () => {
  test("of a chart leaves its release, which is taken back without helm", async () => {
    const home = await site.namespace("policy-chart");
    await home.apply([chart("a", { deletion_policy: "orphan" })]);
    await home.becomes("act/a", DEPLOYED);
    const runs = await site.helmRuns();
    await home.kubectl(["delete", "act", "a", "--timeout=30s"]);
    expect(await releases(home)).toEqual(["a.v1"]);
    expect(await namesOf(home, "cm")).toContain("a");
    await home.apply([chart("a")]);
    await home.becomes("act/a", { ...DEPLOYED, release: { revision: 1 } });
    await tells(home, "a", "ReleaseTaken release a, which no ArmadaChart owns");
    expect(await site.helmRuns()).toBe(runs);
    await home.kubectl(["delete", "act", "a", "--timeout=30s"]);
    expect(await releases(home)).toEqual([]);
  }, 60_000);

  test("of a group leaves its members, here and elsewhere", async () => {
    const sites = await estate("policy", true, { deletion_policy: "orphan" });
    await sites.home.kubectl(["delete", "acg", "g", "--timeout=30s"]);
    await isOrphaned("policy", sites);
  }, 60_000);

  test("of a manifest leaves its groups; of a group in it, what that owns", async () => {
    const home = await site.namespace("policy-tree");
    const group1 = group("tree-g", ["tree-a"], { ...parkedSpec, deletion_policy: "orphan" });
    await home.apply([parked("tree-a"), group1, manifest("m", ["tree-g"], { deletion_policy: "orphan" })]);
    await home.becomes("amf/m", DEPLOYED);
    await home.kubectl(["delete", "amf", "m", "--timeout=30s"]);
    expect(await ownersOf(home, "acg/tree-g")).toEqual([]);
    await home.apply([manifest("m", ["tree-g"])]);
    await home.becomes("amf/m", DEPLOYED);
    await home.kubectl(["delete", "amf", "m", "--timeout=30s"]);
    expect([await home.names("act,acg,amf"), await releases(home)]).toEqual([["armadachart.armada.airshipit.org/tree-a"], ["tree-a.v1"]]);
  }, 60_000);
});

describe("a member that is taken off the list", () => {
  test("is removed with prune: true, unless another parent owns it", async () => {
    const home = await site.namespace("prune");
    await home.apply([...["a", "b", "c"].map((name) => parked(`prune-${name}`)), group("g", ["prune-a", "prune-b", "prune-c"], { prune: true })]);
    await home.apply([group("other", ["prune-b"])]);
    await home.becomes("acg/g", DEPLOYED);
    await home.becomes("acg/other", DEPLOYED);
    await home.apply([group("g", ["prune-c"], { prune: true })]);
    await tells(home, "g", "Removed ArmadaChart prune-a is being deleted");
    await tells(home, "g", "Disowned ArmadaChart prune-b is no longer owned by this ArmadaChartGroup and stays as it is");
    await eventually("a is gone", async () => expect(await releases(home)).toEqual(["prune-b.v1", "prune-c.v1"]));
    await home.when("ArmadaChart prune-a", gone);
    expect(await ownersOf(home, "act/prune-b")).toEqual(["other (controller)"]);
    await home.becomes("act/prune-b", DEPLOYED);
  }, 60_000);

  test("in another namespace stays without prune, and is removed with it", async () => {
    const { home, away } = await estate("elsewhere", true);
    await home.apply([group("g", ["elsewhere-a"])]);
    await eventually("it is nobody's", async () => expect(await labelledOwnersOf(away, "act/elsewhere-c")).toEqual([]));
    await away.becomes("act/elsewhere-c", DEPLOYED);
    await home.apply([group("g", ["elsewhere-a", "elsewhere-c"], { prune: true })]);
    await eventually("it is owned again", async () => expect(await labelledOwnersOf(away, "act/elsewhere-c")).toHaveLength(1));
    await home.apply([group("g", ["elsewhere-a"], { prune: true })]);
    await away.when("ArmadaChart elsewhere-c", gone);
    await home.when("ArmadaChartGroup g", has("status.progress", "1/1"));
    expect(await releases(away)).toEqual([]);
  }, 60_000);
});

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
