import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { LEASE_ANNOTATIONS } from "../../../src/armada/names.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { LEASES, parseLease } from "../../../src/runtime/leaderelection/lease-record.ts";
import { shardOf } from "../../../src/runtime/sharding/shard-of.ts";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { group, manifest } from "../../testing/estate/objects.ts";
import { eventually } from "../../testing/eventually.ts";
import { helmProcesses } from "../../testing/operator/helm-processes.ts";
import { witnessHelm, type HelmWitness } from "../../testing/operator/helm-witness.ts";
import { repository } from "../../testing/operator/operator.ts";
import { openReplicas, type Replica, type Replicas } from "../../testing/operator/replicas.ts";

jest.setTimeout(120_000);

const LEASE_MS = 8_000;
const SHARDS = 12;
const never = new AbortController().signal;

let site: ChartSite;
let replicas: Replicas;
let space: Space;
let three: Replica[];
let witness: HelmWitness | undefined;

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install,pre-upgrade") });
  });
  await site.cluster.operatorKubeconfig();
  await site.cluster.kubectl(["apply", "-f", join(repository, "deploy/optional/shards.yaml")]);
  replicas = openReplicas(site.cluster, site.api, {
    chartRoot: site.charts.path,
    flags: ["--shards", String(SHARDS), "--lease-duration", String(LEASE_MS / 1_000)],
    until: '"ready"',
  });
  three = [await replicas.start(), await replicas.start(), await replicas.start()];
  space = await site.space(() => replicas.log());
}, 60_000);

afterEach(async () => witness?.stop());

afterAll(async () => {
  await replicas?.stop();
  await site?.stop();
}, 60_000);

const held = (label: string) => ({ text: "held", node: { [label]: "yes" } });
const letGo = (label: string) => space.patch("Node", "node-1", { metadata: { labels: { [label]: "yes" } } });

/** Until the release's helm waits in its hook. */
const inHook = (release: string): Promise<void> =>
  eventually(`helm waits in the hook of ${release}`, async () => {
    expect((await space.revisions(release))[0]).toMatch(/ pending-/);
    expect(await space.get("Job", `${release}-hook`)).toBeDefined();
    expect(helmProcesses(release)).toHaveLength(1);
  });

/** Pid of the replica that holds each shard; 0: none. */
const holders = async (): Promise<readonly number[]> => {
  const leases = await site.api.list(LEASES, { namespace: "armada-operator" }, never);
  const holderOf = (name: string): string => {
    const lease = leases.find(({ metadata }) => metadata.name === name);
    return lease === undefined ? "" : parseLease(lease, LEASE_ANNOTATIONS).holder;
  };
  return Array.from({ length: SHARDS }, (_, shard) =>
    Number(
      holderOf(holderOf(`armada-operator-shard-${String(shard)}`))
        .split("_")
        .at(-2) ?? 0,
    ),
  );
};

/** Until each of them holds so many shards. */
const share = (each: readonly Replica[], count: number, withinMs?: number): Promise<void> =>
  eventually(
    `each of ${String(each.length)} holds ${String(count)}`,
    async () => {
      const now = await holders();
      expect(each.map(({ pid }) => now.filter((holder) => holder === pid).length)).toEqual(each.map(() => count));
    },
    withinMs,
  );

const replicaOf = async (name: string): Promise<Replica> => {
  const uid = (await space.chart(name))?.metadata.uid ?? "";
  const pid = (await holders())[shardOf(uid, SHARDS)];
  const found = three.find((one) => one.pid === pid);
  if (found === undefined) throw new Error(`nobody holds the shard of ${name}`);
  return found;
};

test("three replicas share the shards, and an estate whose members are in different shards comes up in order", async () => {
  await share(three, 4);
  const members = Array.from({ length: 8 }, (_, index) => `m${String(index)}`);
  witness = witnessHelm(members);
  for (const name of members) await space.apply(name, { chart: "hooked", target_state: "uninitialized" });
  const estate = [group("one", members.slice(0, 4)), group("two", members.slice(4)), manifest("all", ["one", "two"])];
  for (const object of estate) await site.cluster.kubectl(["-n", space.namespace, "apply", "-f", "-"], JSON.stringify(object));
  const states = (): Promise<string> => site.cluster.kubectl(["-n", space.namespace, "get", "amf", "all", "-o", "jsonpath={.status.actual_state}"]);
  await eventually("the manifest is deployed", async () => expect(await states()).toBe("deployed"), 60_000);
  const statuses = await Promise.all(members.map((name) => space.status(name, { ...DEPLOYED, release: { revision: 1 } })));
  const charts = await Promise.all(members.map((name) => space.chart(name)));
  expect(statuses.map(({ controlled_by }) => controlled_by?.shard)).toEqual(charts.map((chart) => shardOf(chart?.metadata.uid ?? "", SHARDS)));
  expect(new Set(statuses.map(({ controlled_by }) => controlled_by?.holder)).size).toBeGreaterThan(1);
  expect(witness.crowds).toEqual([]);
});

describe("a replica whose helm waits in a hook", () => {
  const strikes: readonly [string, number, (replica: Replica) => Promise<unknown>][] = [
    ["gets kill -9", LEASE_MS + 2_000, (replica) => replica.kill()],
    ["is told to stop", 6_000, (replica) => replica.stop()],
  ];
  test.each(strikes)("%s: others take its shards, the release is finished, and never has two helms", async (what, withinMs, strike) => {
    const name = what.replace(/\W+/g, "-");
    witness = witnessHelm([name]);
    await space.apply(name, { chart: "hooked", values: held(name) });
    await inHook(name);
    const struck = await replicaOf(name);
    const others = three.filter((one) => one !== struck);
    const begun = systemClock.monotonic();
    await strike(struck);
    await share(others, 6, withinMs - (systemClock.monotonic() - begun));
    await letGo(name);
    await space.status(name, { ...DEPLOYED, release: { revision: 2 } });
    expect([await space.revisions(name), witness.crowds]).toEqual([["v2 deployed", "v1 failed"], []]);
    three = [...others, await replicas.start()];
    await share(three, 4);
  });
});

const pauses: readonly [string, (replica: Replica) => void, (replica: Replica) => void][] = [
  ["was stopped (SIGSTOP)", ({ pid }) => void process.kill(pid, "SIGSTOP"), ({ pid }) => void process.kill(pid, "SIGCONT")],
  ["was cut off from the API server", ({ plug }) => plug.freeze(), ({ plug }) => plug.thaw()],
];

test.each(pauses)("a replica that %s for longer than its Lease writes nothing when it goes on, and shares again", async (what, pause, goOn) => {
  const name = what.replace(/\W+/g, "-").replace(/-$/, "").toLowerCase();
  await space.apply(name, { chart: "hooked", values: held(name) });
  await inHook(name);
  const struck = await replicaOf(name);
  const others = three.filter((one) => one !== struck);
  witness = witnessHelm([name]);
  pause(struck);
  await share(others, 6);
  await letGo(name);
  await space.status(name, { ...DEPLOYED, release: { revision: 2 } });
  const { resourceVersion } = (await space.chart(name))?.metadata ?? {};
  goOn(struck);
  await share(three, 4);
  expect((await space.chart(name))?.metadata.resourceVersion).toBe(resourceVersion);
  expect([await space.revisions(name), witness.crowds]).toEqual([["v2 deployed", "v1 failed"], []]);
});

test("an operator without shards, or with another number of them, waits and says so, and works when those are gone", async () => {
  const flags = (shards: string) => ["--shards", shards, "--lease-duration", String(LEASE_MS / 1_000)];
  const five = await replicas.start({ flags: flags("5"), until: "this one has --shards=5" });
  const alone = await replicas.start({ flags: flags("1"), until: "waiting for Lease" });
  await share(three, 4);
  await five.stop();
  await Promise.all(three.map((one) => one.stop()));
  await eventually("the one without shards works", async () => expect(await alone.log()).toContain('"message":"ready"'));
  const waiting = await replicas.start({ flags: flags("12"), until: "is held by an operator with --shards=1, this one has --shards=12" });
  await alone.stop();
  await eventually("the one with shards works", async () => expect(await waiting.log()).toContain("took a shard"));
});
