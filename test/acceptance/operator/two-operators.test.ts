import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { LEASE_ANNOTATIONS } from "../../../src/armada/names.ts";
import { CHARTS } from "../../../src/armada/api/chart.ts";
import { secretResource } from "../../../src/helm/record/store.ts";
import { LEASES, parseLease, type LeaseRecord } from "../../../src/runtime/leaderelection/lease-record.ts";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { childrenOf, helmProcesses } from "../../testing/operator/helm-processes.ts";
import type { Operator, OperatorOptions } from "../../testing/operator/operator.ts";
import { startOperator } from "../../testing/operator/operator.ts";

jest.setTimeout(120_000);

const never = new AbortController().signal;
let site: ChartSite;
let space: Space;

const held = (label: string, text = "held") => ({ text, node: { [label]: "yes" } });
const letGo = (label: string) => space.patch("Node", "node-1", { metadata: { labels: { [label]: "yes" } } });
const lease = async (namespace = "armada-operator"): Promise<LeaseRecord> => {
  const found = await site.api.get({ resource: LEASES, namespace, name: "armada-operator" }, never);
  if (found === undefined) throw new Error(`no Lease in ${namespace}`);
  return parseLease(found, LEASE_ANNOTATIONS);
};
const helmInHook = (name: string): Promise<number> =>
  eventually(`helm waits in the hook of ${name}`, async () => {
    expect(await space.get("Job", `${name}-hook`)).toBeDefined();
    const [pid, ...others] = helmProcesses(name);
    expect([typeof pid, others]).toEqual(["number", []]);
    return pid ?? 0;
  });
/** With the administrator's rights: a Lease may be anywhere. */
const another = (options: OperatorOptions): Promise<Operator> =>
  startOperator(site.cluster, { chartRoot: site.charts.path, kubeconfig: site.cluster.kubeconfig, ...options });

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install,pre-upgrade") });
  });
  await site.start();
  space = await site.space();
  for (const name of ["ops", "apart", "zoo"]) await site.cluster.kubectl(["create", "namespace", name]);
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("a second operator under another Lease", () => {
  test.each([
    ["for all namespaces", []],
    ["for one of its namespaces", ["--watch-namespaces", "zoo"]],
  ])("%s does not start, and names the first and what to do", async (_what, flags) => {
    const second = await another({ flags: ["--lease-namespace", "zoo", ...flags], until: "another operator works on" });
    const { holder } = await lease();
    expect(await second.log()).toContain(
      `waiting: another operator works on every namespace: Lease armada-operator/armada-operator is held by ${holder}; stop that operator, or give each its own namespaces with --watch-namespaces`,
    );
    expect(await second.log()).not.toContain("holding Lease");
    expect(await second.stop()).toBe(0);
  });

  test("starts as soon as the first has stopped", async () => {
    const second = await another({ flags: ["--lease-namespace", "zoo"], until: "another operator works on" });
    await site.operator().stop();
    await eventually("the second one is at work", async () => expect(await second.log()).toContain('"message":"ready"'));
    const third = await startOperator(site.cluster, { until: "another operator works on" });
    expect(await third.log()).toContain("Lease zoo/armada-operator is held by");
    await Promise.all([third.stop(), second.stop()]);
    await site.start();
  });

  test("for other namespaces works beside it", async () => {
    await site.operator().stop();
    const [one, two] = await Promise.all([
      another({ flags: ["--lease-namespace", "ops", "--watch-namespaces", "ops"] }),
      another({ flags: ["--lease-namespace", "apart", "--watch-namespaces", "apart"] }),
    ]);
    await Promise.all([one.stop(), two.stop()]);
    await site.start();
  });

  test("of two that start at the same time one works", async () => {
    await site.operator().stop();
    const both = await Promise.all(["ops", "zoo"].map((namespace) => another({ flags: ["--lease-namespace", namespace], until: '"starting"' })));
    const ready = async (): Promise<number> =>
      (await Promise.all(both.map((one) => one.log()))).filter((log) => log.includes('"message":"ready"')).length;
    await eventually("one is ready", async () => expect(await ready()).toBe(1));
    await eventually("the other says so", async () => {
      const logs = await Promise.all(both.map((one) => one.log()));
      expect(logs.filter((log) => log.includes("another operator works on") && !log.includes('"message":"ready"'))).toHaveLength(1);
    });
    await Promise.all(both.map((one) => one.stop()));
    await site.start();
  });
});

describe("an operator that is stopped (SIGSTOP) while its helm waits in a hook", () => {
  test("loses its helm before its Lease ends, and writes nothing when it goes on", async () => {
    const first = site.operator();
    const second = await site.start({ until: "waiting for Lease" });
    await space.apply("frozen", { chart: "hooked", values: held("thaw") });
    const pid = await helmInHook("frozen");
    process.kill(first.pid, "SIGSTOP");
    try {
      await eventually("the second one takes the Lease", async () => expect(await second.log()).toContain("holding Lease"), 60_000);
      expect(helmProcesses("frozen")).not.toContain(pid);
      await letGo("thaw");
      await space.status("frozen", { ...DEPLOYED, release: { revision: 2 } });
      const before = await seen();
      process.kill(first.pid, "SIGCONT");
      await eventually("the first one knows", async () => expect(await first.log()).toContain("lost Lease"));
      await eventually("it waits", async () => expect((await first.log()).split("lost Lease")[1]).toContain("waiting for Lease"));
      expect(await seen()).toEqual(before);
      expect(await space.revisions("frozen")).toEqual(["v2 deployed", "v1 failed"]);
      expect(await second.log()).not.toContain("lost Lease");
    } finally {
      process.kill(first.pid, "SIGCONT");
      await first.stop();
    }
  });

  /** What the first one might have written. */
  const seen = async (): Promise<readonly unknown[]> => {
    const { namespace } = space;
    const objects = [...(await site.api.list(CHARTS, { namespace }, never)), ...(await site.api.list(secretResource, { namespace }, never))];
    return objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
  };
});

test("an operator whose watchdog has ended by itself ends, too, and says why", async () => {
  await site.operator().stop();
  const operator = await startOperator(site.cluster);
  const pid = childrenOf(operator.pid).find(({ command }) => command.includes("watchdog-child"))?.pid ?? 0;
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, "SIGKILL");
  const sentence = "armada-operator: the process that ends helm when the Lease is lost has ended by itself (SIGKILL)";
  await eventually("it says so", async () => expect(await operator.log()).toContain(sentence));
  expect(await operator.ended()).toBe(1);
  await site.start();
});

describe("a revision that another operator's helm has locked", () => {
  /** As if it renewed its Lease. */
  const renew = async (epoch: string): Promise<void> => {
    const spec = { holderIdentity: "other", leaseDurationSeconds: 15, renewTime: new Date().toISOString().replace("Z", "000Z") };
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "armada-operator", annotations: { [LEASE_ANNOTATIONS.epoch]: epoch } },
      spec,
    };
    await site.cluster.kubectl(["-n", "apart", "apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(body));
  };

  test("is waited for as long as its Lease is renewed, and unlocked when that has ended", async () => {
    await space.apply("theirs", { chart: "hooked", values: { text: "one" } });
    await space.status("theirs", DEPLOYED);
    await renew("4-0a0b0c0d.apart");
    const uid = (await space.chart("theirs"))?.metadata.uid ?? "";
    const marks = ["owner", "inputs", "revision", "epoch"].map(
      (key, index) => `armada.airshipit.org/${key}=${[uid, "sha256.x", "2", "4-0a0b0c0d.apart"][index] ?? ""}`,
    );
    const theirs = space.helm("upgrade", "theirs", `${site.charts.path}/hooked`, "--set", "node.theirs=yes", "--labels", marks.join());
    const ended = theirs.then(
      () => "deployed",
      () => "failed",
    );
    await space.status("theirs", {
      actual_state: "pending",
      reason: "OperationInProgress",
      waiting_for: expect.stringContaining("the helm of another operator (Lease apart/armada-operator, held by other) (revision 2, pending-upgrade)"),
    });
    await renew("4-0a0b0c0d.apart");
    await space.apply("theirs", { chart: "hooked", values: { text: "two" } });
    await space.status("theirs", { actual_state: "pending", reason: "OperationInProgress" });
    expect(await space.revisions("theirs")).toEqual(["v2 pending-upgrade", "v1 deployed"]);
    await letGo("theirs");
    expect(await ended).toBe("deployed");
    await space.status("theirs", { ...DEPLOYED, release: { revision: 3 } });
  });
});
