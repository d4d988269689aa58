import { expect, test } from "@jest/globals";
import type { Node } from "../../../armada/estate/estate.ts";
import { ENABLED_BY, REQUESTED_AT } from "../../../armada/names.ts";
import type { Reason } from "../../../armada/verdict.ts";
import { chart, next, owned, put, siteOf } from "../../../armada/testing/estate.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import type { Change } from "../../../runtime/cache/store.ts";
import { Handover } from "./handover.ts";
import { createMetrics } from "./metrics.ts";

const world = () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const { estate } = siteOf("gR: 1R 2P; hP: 3P");
  const handover = new Handover({ clock, estate, metrics });
  for (const store of [estate.charts, estate.groups, estate.manifests]) store.onChange((change: Change<Node>) => handover.nodeChanged(change));
  const find = (name: string): Node => {
    const found = [estate.charts, estate.groups, estate.manifests].flatMap((store) => store.get(`site/${name}`) ?? [])[0];
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  const annotated = (name: string, annotations: Readonly<Record<string, string>>, generation: number): void => {
    const node = find(name);
    put(estate, next(node, { metadata: { ...node.metadata, annotations, generation } }));
  };
  return {
    pass: (ms: number) => clock.advance(ms),
    create: (node: Node) => put(estate, node),
    says: (name: string, reason: Reason, actual_state: "pending" | "running" | "deployed" | "failed" = "pending") =>
      put(estate, next(find(name), { status: { ...find(name).status, reason, actual_state } })),
    /** Its last object, and after a moment its status. */
    ready: async (name: string) => {
      handover.objectChanged(`uid-${name}`);
      await clock.advance(10);
      put(estate, next(find(name), { status: { reason: "UnderlyingResourcesReady", actual_state: "deployed" } }));
    },
    edit: (name: string) => annotated(name, {}, (find(name).metadata.generation ?? 0) + 1),
    ask: (name: string) => annotated(name, { [REQUESTED_AT]: "now" }, find(name).metadata.generation ?? 0),
    enable: (name: string) => annotated(name, { [ENABLED_BY]: "uid-of-its-parent" }, (find(name).metadata.generation ?? 0) + 1),
    helm: (name: string) => {
      const started = estate.charts.get(`site/${name}`);
      if (started !== undefined) handover.helmStarted(started);
    },
    /** `count sum`. */
    counted: async (): Promise<string> => {
      const { values } = await metrics.handover.get();
      const of = (what: string) => String(values.find(({ metricName }) => metricName === `armada_handover_seconds_${what}`)?.value);
      return `${of("count")} ${of("sum")}`;
    },
  };
};

type World = ReturnType<typeof world>;

test.each<[string, (world: World) => void]>([
  ["enables it", ({ enable }) => enable("2")],
  ["enables it, and its chart is read", ({ enable, says }) => [enable("2"), says("2", "WaitingForSource")]],
  ["has enabled it before, and it waited for its turn", ({ says }) => says("2", "WaitingForTurn")],
  ["enables it, and its release name is recorded", ({ enable, says }) => [enable("2"), says("2", "Installing", "running")]],
])("from the last object of a chart to helm for the next: its group %s", async (_, happens) => {
  const one = world();
  await one.ready("1");
  happens(one);
  await one.pass(40);
  one.helm("2");
  expect(await one.counted()).toBe("1 0.05");
});

test("from the last chart of a group to the first of the next", async () => {
  const one = world();
  await one.ready("2");
  one.says("g", "MembersReady", "deployed");
  for (const name of ["h", "3"]) one.enable(name);
  await one.pass(40);
  one.helm("3");
  expect(await one.counted()).toBe("1 0.05");
});

test.each<[string, (world: World) => void]>([
  ["it was suspended, and is no longer", ({ says, edit }) => [says("2", "Suspended"), edit("2")]],
  ["its group was suspended, and is no longer", ({ edit, enable }) => [edit("g"), enable("2")]],
  ["its manifest was suspended, and is no longer", ({ edit, enable }) => [edit("m"), enable("2")]],
  ["its target_state was patched by hand", ({ edit }) => edit("2")],
  ["a retry was requested", ({ ask }) => ask("2")],
  ["a retry of the manifest was requested", ({ ask }) => ask("m")],
  ["the chart before it was edited", ({ edit }) => edit("1")],
  ["it was created only now", ({ create }) => create(owned(chart("2", { metadata: { uid: "new", resourceVersion: "9" } })))],
  ["its source could not be read", ({ says }) => [says("2", "SourceError"), says("2", "WaitingForSource")]],
  ["somebody had to adopt its release", ({ says }) => [says("2", "AdoptionRequired"), says("2", "Installing", "running")]],
  ["a member of its group was missing", ({ says }) => [says("g", "WaitingForMember"), says("g", "MembersNotReady")]],
  ["helm failed, and runs again", ({ helm, says }) => [says("2", "InstallError", "failed"), helm("2")]],
  ["it is installed, and upgraded for another cause", ({ says }) => says("2", "ResourcesNotReady", "running")],
])("no hand-over is counted when %s", async (_, happens) => {
  const one = world();
  await one.ready("1");
  await one.pass(300_000);
  happens(one);
  await one.pass(40);
  one.helm("2");
  expect(await one.counted()).toBe("0 0");
});

test("a hand-over is counted once, however often helm runs after it", async () => {
  const one = world();
  await one.ready("1");
  one.enable("2");
  one.helm("2");
  await one.pass(300_000);
  one.helm("2");
  expect(await one.counted()).toBe("1 0.01");
});

test("a chart that was deployed before this operator came hands nothing over", async () => {
  const one = world();
  one.create(chart("1", { metadata: { uid: "new", resourceVersion: "9" }, status: { actual_state: "deployed" } }));
  await one.pass(40);
  one.helm("2");
  expect(await one.counted()).toBe("0 0");
});

test("it counts from the moment at which the chart before is ready again", async () => {
  const one = world();
  await one.ready("1");
  one.says("1", "ResourcesNotReady", "running");
  one.edit("2");
  await one.pass(300_000);
  await one.ready("1");
  one.enable("2");
  one.helm("2");
  expect(await one.counted()).toBe("1 0.01");
});
