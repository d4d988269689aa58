import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { eventsOf, releases } from "../../testing/estate/members.ts";
import { chart, group, manifest, parked } from "../../testing/estate/objects.ts";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";
import { textAt } from "../../testing/operator/recorder.ts";

const PARKED = { actual_state: "uninitialized", satisfied: true, reason: "Parked" };
const DEPLOYED = { actual_state: "deployed", satisfied: true };
const shelved = { target_state: "uninitialized" };
const stale = (message: RegExp) =>
  expect.arrayContaining([expect.objectContaining({ type: "SourceStale", status: "True", message: expect.stringMatching(message) })]);

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const saysNothing = (namespace: Namespace, object: string): Promise<void> =>
  eventually(`${object} says nothing of its sources`, async () =>
    expect(textAt(await namespace.get(object), "status.conditions")).not.toContain("SourceStale"),
  );

const sourceEvents = (namespace: Namespace): readonly string[] => eventsOf(namespace, "b").filter((event) => event.startsWith("Source"));

test("a parked chart whose source cannot be read says so, and its parents too, while nothing is installed and nothing fails", async () => {
  const namespace = await site.namespace("parked");
  const source = { type: "local", location: "/opt/armada/helm-charts/absent", interval: 1 };
  await namespace.apply([
    parked("a"),
    chart("b", { source, ...shelved }),
    parked("c"),
    group("g", ["a", "b", "c"], shelved),
    manifest("m", ["g"], shelved),
  ]);
  await namespace.becomes("act/b", {
    ...PARKED,
    conditions: stale(/^its source cannot be read, so it could not be deployed now: .*absent" does not exist/),
  });
  await namespace.becomes("acg/g", { ...PARKED, conditions: stale(/^1 of 3 members has a source that cannot be read: ArmadaChart b$/) });
  await namespace.becomes("amf/m", { ...PARKED, conditions: stale(/^1 of 3 charts has a source that cannot be read: ArmadaChart b$/) });
  await namespace.becomes("act/a", PARKED);
  await saysNothing(namespace, "act/a");
  const columns = `NAME:.metadata.name,SOURCE:.status.conditions[?(@.type=="SourceStale")].message`;
  const table = await namespace.kubectl(["get", "act,acg,amf", "--no-headers", "-o", `custom-columns=${columns}`]);
  expect(table).toMatch(/^a +<none>\nb +its source .*\nc +<none>\ng +1 of 3 members .*\nm +1 of 3 charts /u);
  expect([await releases(namespace), await site.helmRuns()]).toEqual([[], 0]);

  await site.charts.write("absent", { "map.yaml": CONFIG_MAP });
  await eventually("b has told that its source can be read", () => expect(sourceEvents(namespace)).toHaveLength(2));
  expect(sourceEvents(namespace).map((event) => event.split(" ")[0])).toEqual(["SourceStale", "SourceRecovered"]);
  for (const object of ["act/b", "acg/g", "amf/m"]) {
    await saysNothing(namespace, object);
    await namespace.becomes(object, PARKED);
  }

  await site.charts.discard("absent");
  await namespace.becomes("act/b", { ...PARKED, conditions: stale(/does not exist/) });
  await namespace.becomes("amf/m", { ...PARKED, conditions: stale(/^1 of 3 charts/) });

  await namespace.patch("amf/m", { spec: { target_state: "deployed" } });
  await namespace.becomes("act/a", DEPLOYED);
  await namespace.becomes("act/b", { actual_state: "error", reason: "SourceError" });
  await namespace.becomes("acg/g", { actual_state: "error", conditions: stale(/^1 of 3 members/) });
  await site.charts.write("absent", { "map.yaml": CONFIG_MAP });
  await namespace.becomes("amf/m", { ...DEPLOYED, progress: "1/1" });
  for (const object of ["act/b", "acg/g", "amf/m"]) await saysNothing(namespace, object);
}, 120_000);
