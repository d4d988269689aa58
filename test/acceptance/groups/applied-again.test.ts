import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { fieldsOf, listOf } from "../../../src/armada/readiness/fields.ts";
import { eventually } from "../../testing/eventually.ts";
import { eventsOf } from "../../testing/estate/members.ts";
import { group, manifest, parked } from "../../testing/estate/objects.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";
import { textAt, type Moment } from "../../testing/operator/recorder.ts";

const GROUPS: Readonly<Record<string, readonly string[]>> = { one: ["a", "b", "c"], two: ["d", "e", "f"] };
const CHARTS = Object.values(GROUPS).flat();
const NAMES = [...CHARTS, ...Object.keys(GROUPS), "m"];
const PARENTS = ["acg/one", "acg/two", "amf/m"];
const FILES = [
  ...CHARTS.map((name) => parked(name)),
  ...Object.entries(GROUPS).map(([name, members]) => group(name, members, { target_state: "uninitialized" })),
  manifest("m", Object.keys(GROUPS)),
];

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const deployed = async (name: string): Promise<Namespace> => {
  const namespace = await site.namespace(name);
  await namespace.kubectlApply(FILES);
  await namespace.becomes("amf/m", { actual_state: "deployed", satisfied: true, progress: "2/2" });
  await eventually("the events are written", () => expect(eventsOf(namespace, "m").at(-1)).toMatch(/^MembersReady /u));
  return namespace;
};

/** `Kind name state reason progress`, and since when its conditions are what they are. */
const standing = ({ what, object }: Moment): string => {
  const of = (field: string): string => textAt(object, `status.${field}`) ?? "";
  const conditions = listOf(fieldsOf(fieldsOf(object)["status"])["conditions"]).map(fieldsOf);
  const since = conditions.map(({ type, status, lastTransitionTime }) => `${String(type)}=${String(status)} ${String(lastTransitionTime)}`);
  return [what, of("actual_state"), of("reason"), of("progress"), ...since].join(" ");
};

/** What every object was said to be, at any moment after `revision`. */
const standings = (namespace: Namespace, revision: number): readonly string[] => {
  const moments = namespace.history().filter((moment) => moment.what.startsWith("Armada") && moment.revision > revision);
  return [...new Set(moments.map(standing))].toSorted();
};

const lastRevision = (namespace: Namespace): number => Math.max(...namespace.history().map(({ revision }) => revision));

const applyAgain = async (namespace: Namespace, flags: readonly string[]): Promise<void> => {
  await namespace.kubectlApply(FILES, ...flags);
  for (const name of CHARTS) {
    await eventually(`${name} has been looked at`, async () => {
      const live = await namespace.get(`act/${name}`);
      expect(textAt(live, "spec.target_state")).toBe("uninitialized");
      expect(textAt(live, "status.observedGeneration")).toBe(textAt(live, "metadata.generation"));
    });
  }
};

test.each([
  ["client-side apply", []],
  ["a forced server-side apply", ["--server-side", "--force-conflicts"]],
])(
  "an unchanged estate that is applied twice more, by %s, has no transition and no event",
  async (how, flags) => {
    const namespace = await deployed(`unchanged-${String(flags.length)}`);
    const [events, runs, start] = [NAMES.map((name) => eventsOf(namespace, name)), await site.helmRuns(), lastRevision(namespace)];
    const before = [
      ...new Set(
        namespace
          .history()
          .filter(({ what }) => what.startsWith("Armada"))
          .map(({ what }) => what),
      ),
    ]
      .map((what) => namespace.history().findLast((moment) => moment.what === what))
      .flatMap((moment) => (moment === undefined ? [] : [standing(moment)]));
    await applyAgain(namespace, flags);
    await applyAgain(namespace, flags);
    for (const parent of PARENTS) await namespace.becomes(parent, { actual_state: "deployed", satisfied: true });
    const seen = standings(namespace, start);
    expect([how, seen.filter((one) => !before.includes(one))]).toEqual([how, []]);
    await namespace.patch("amf/m", { spec: { suspend: true } });
    await eventually("a later event is written", () => expect(eventsOf(namespace, "m").at(-1)).toMatch(/^Suspended /u));
    const later = NAMES.map((name) => eventsOf(namespace, name).filter((event) => !event.startsWith("Suspended ")));
    expect([later, await site.helmRuns()]).toEqual([events, runs]);
  },
  120_000,
);

test("values that change in a file applied again show on every parent while helm runs", async () => {
  const namespace = await deployed("changed");
  const start = lastRevision(namespace);
  await namespace.kubectlApply(FILES.map((file) => (file.metadata.name === "e" ? parked("e", { text: "new" }) : file)));
  await namespace.becomes("act/e", { actual_state: "deployed", release: { revision: 2 } });
  for (const parent of PARENTS) await namespace.becomes(parent, { actual_state: "deployed", satisfied: true });
  const states = standings(namespace, start).map((one) => one.split(" ").slice(0, 4).join(" "));
  expect(states).toEqual(expect.arrayContaining(["ArmadaChartGroup two running MembersNotReady", "ArmadaManifest m running MembersNotReady"]));
  expect(states).not.toContain("ArmadaChartGroup one running MembersNotReady");
}, 60_000);
