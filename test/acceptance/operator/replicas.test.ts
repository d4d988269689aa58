import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { LEASE_ANNOTATIONS } from "../../../src/armada/names.ts";
import { secretResource } from "../../../src/helm/record/store.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { group } from "../../testing/estate/objects.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { helmProcesses } from "../../testing/operator/helm-processes.ts";
import { witnessHelm, type HelmWitness } from "../../testing/operator/helm-witness.ts";
import { record, type Recorder } from "../../testing/operator/recorder.ts";
import { openReplicas, type Replica, type Replicas } from "../../testing/operator/replicas.ts";

jest.setTimeout(120_000);

const LEASE_MS = 8_000;

let site: ChartSite;
let replicas: Replicas;
let recorder: Recorder;
let space: Space;
let witness: HelmWitness | undefined;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install,pre-upgrade") });
    await charts.write("farewell", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-delete") });
  });
  replicas = openReplicas(site.cluster, site.api, { chartRoot: site.charts.path, flags: ["--lease-duration", String(LEASE_MS / 1_000)] });
  await replicas.start({ until: '"ready"' });
  await replicas.start();
  space = await site.space(() => replicas.log());
  recorder = await record(site.cluster.kubeconfig, [secretResource]);
}, 60_000);

afterAll(async () => {
  await replicas?.stop();
  await recorder?.stop();
  await site?.stop();
}, 60_000);

afterEach(async () => witness?.stop());

const held = (label: string) => ({ text: "held", node: { [label]: "yes" } });

const letGo = (label: string) => space.patch("Node", "node-1", { metadata: { labels: { [label]: "yes" } } });

/** Until the release's helm waits in its hook. */
const inHook = (release: string): Promise<void> =>
  eventually(`helm waits in the hook of ${release}`, async () => {
    expect((await space.revisions(release))[0]).toMatch(/ (?:pending-\w+|uninstalling)$/);
    expect(await space.get("Job", `${release}-hook`)).toBeDefined();
    expect(helmProcesses(release)).toHaveLength(1);
  });

/** Done to the holder of the Lease; resolves with how it is mended when the other one works: how it comes back, or another in its place. */
type Blow = (leader: Replica) => Promise<() => Promise<unknown>>;

const comesBack = async (leader: Replica): Promise<void> => {
  await eventually("the one that held the Lease knows", async () => expect(await leader.log()).toContain("lost Lease"));
  await eventually("it waits", async () => expect((await leader.log()).split("lost Lease").at(-1)).toContain("waiting for Lease"));
};

const BLOWS: readonly [string, Blow][] = [
  ["kill -9", async (leader) => (await leader.kill(), () => replicas.start())],
  ["SIGTERM", async (leader) => (expect(await leader.stop()).toBe(0), () => replicas.start())],
  [
    "SIGSTOP, and SIGCONT when another works",
    async (leader) => {
      const written = await leader.writes();
      process.kill(leader.pid, "SIGSTOP");
      return async () => {
        process.kill(leader.pid, "SIGCONT");
        await comesBack(leader);
        expect(await leader.writes()).toBe(written);
      };
    },
  ],
  [
    "a partition",
    async (leader) => {
      leader.plug.freeze();
      return async () => {
        leader.plug.thaw();
        await comesBack(leader);
      };
    },
  ],
];

/** Epochs of the release's revisions in the order in which these were made: how often the Lease had changed hands. */
const transitions = (release: string): readonly number[] =>
  recorder
    .history()
    .filter(({ type, object: { metadata } }) => type === "ADDED" && metadata.namespace === space.namespace && metadata.labels?.["name"] === release)
    .map(({ object }) => Number(object.metadata.labels?.[LEASE_ANNOTATIONS.epoch]?.split("-")[0]));

describe.each(BLOWS)("of two replicas the one that works gets %s", (what, blow) => {
  const key = what.replace(/[^a-zA-Z0-9].*/, "").toLowerCase();
  const named = (name: string): string => `${name}-${key}`;
  const [fresh, changed, first, second, removed] = [named("fresh"), named("changed"), named("first"), named("second"), named("removed")] as const;

  test("during an install, an upgrade, a sequence and a removal: the other takes over, and no release ever has two helms", async () => {
    const { leader } = await replicas.pair();
    await space.apply(changed, { chart: "hooked", values: { text: "one" } });
    await space.apply(removed, { chart: "farewell", values: held(key) });
    await Promise.all([space.status(changed, DEPLOYED), space.status(removed, DEPLOYED)]);
    witness = witnessHelm([fresh, changed, first, second, removed]);
    await space.apply(fresh, { chart: "hooked", values: held(key) });
    await space.apply(changed, { chart: "hooked", values: held(key) });
    await space.apply(first, { chart: "hooked", values: held(key), target_state: "uninitialized" });
    await space.apply(second, { chart: "hooked", values: { text: "last" }, target_state: "uninitialized" });
    await site.cluster.kubectl(["-n", space.namespace, "apply", "-f", "-"], JSON.stringify(group(key, [first, second])));
    await space.deleteChart(removed);
    await Promise.all([fresh, changed, first, removed].map(inHook));
    const before = [fresh, changed, first, removed].flatMap(helmProcesses);

    const mend = await blow(leader);
    await replicas.holder(leader.pid);
    expect([fresh, changed, first, removed].flatMap(helmProcesses).filter((pid) => before.includes(pid))).toEqual([]);
    await Promise.all([fresh, changed, first, removed].map(inHook));
    await mend();
    expect(await space.revisions(second)).toEqual([]);
    await letGo(key);
    await Promise.all([fresh, changed, first, second].map((name) => space.status(name, DEPLOYED)));
    await space.gone(removed);

    await witness.stop();
    expect(witness.crowds).toEqual([]);
    expect(await Promise.all([fresh, changed, first, second, removed].map((name) => space.revisions(name)))).toEqual([
      ["v2 deployed", "v1 failed"],
      ["v3 deployed", "v2 failed", "v1 superseded"],
      ["v2 deployed", "v1 failed"],
      ["v1 deployed"],
      [],
    ]);
    for (const release of [fresh, changed, first]) expect(transitions(release)).toEqual(transitions(release).toSorted((a, b) => a - b));
  });
});

/** Milliseconds until the other one says that it works. */
const failover = async (end: (leader: Replica) => Promise<unknown>): Promise<number> => {
  const { leader, standby } = await replicas.pair();
  await eventually("the standby waits", async () => expect((await standby.log()).split('"ready"').at(-1)).toContain("waiting for Lease"));
  const begun = systemClock.monotonic();
  const ending = end(leader);
  await eventually("the other one works", async () => expect((await standby.log()).split("waiting for Lease").at(-1)).toContain('"ready"'));
  const took = systemClock.monotonic() - begun;
  await ending;
  await replicas.start();
  return took;
};

test("a standby works within a second when the other is told to stop, and at most 2 s after the Lease of one that was killed", async () => {
  expect(await failover((leader) => leader.stop())).toBeLessThan(1_000);
  expect(await failover((leader) => leader.kill())).toBeLessThan(LEASE_MS + 2_000);
});

test("told to stop, an operator leaves helm to finish, hooks too, starts no other, and gives its Lease back then", async () => {
  await replicas.stop();
  const flags = ["--lease-duration", String(LEASE_MS / 1_000), "--drain-timeout", "20"];
  const leader = await replicas.start({ flags, until: '"ready"' });
  const standby = await replicas.start({ flags });
  await space.apply("drained", { chart: "hooked", values: held("drained") });
  await inHook("drained");
  const [pid] = helmProcesses("drained");
  const stopping = leader.stop();
  await eventually("it is stopping", async () => expect(await leader.log()).toContain("stopping"));
  await space.apply("late", { chart: "hooked", values: { text: "late" } });
  await systemClock.sleep(4_000, new AbortController().signal);
  expect([helmProcesses("drained"), await space.revisions("late"), await replicas.holder()]).toEqual([[pid], [], leader.pid]);
  await letGo("drained");
  expect(await stopping).toBe(0);
  await space.status("drained", DEPLOYED);
  await space.status("late", DEPLOYED);
  expect([await space.revisions("drained"), await replicas.holder()]).toEqual([["v1 deployed"], standby.pid]);
});
