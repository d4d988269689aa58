import { describe, expect, test } from "@jest/globals";
import type { ArmadaChartStatus } from "../api/chart.ts";
import { RELEASE_NAME, RELEASE_PREFIX } from "../names.ts";
import { nameAtEnabling, nameWhenEnabled, prefixOf, releaseOf, tooLong } from "./release-name.ts";
import { chart, estateOf, group, manifest } from "../testing/estate.ts";

const noted = (annotations: Readonly<Record<string, string>>, spec = {}) =>
  chart("c", { metadata: { annotations }, spec: { release: "new", ...spec } });

const inStatus = (release: NonNullable<ArmadaChartStatus["release"]>, annotations: Readonly<Record<string, string>> = {}) => ({
  ...noted(annotations),
  status: { release },
});

describe("releaseOf", () => {
  test.each([
    ["keeps the recorded name while its release exists", noted({ [RELEASE_NAME]: "old" }), true, "site/old"],
    ["follows the spec when it does not", noted({ [RELEASE_NAME]: "old" }), false, "site/new"],
    ["follows the spec when nothing is recorded", noted({}), true, "site/new"],
    ["follows the prefix it was enabled with", noted({ [RELEASE_PREFIX]: "p" }), false, "site/p-new"],
    ["keeps its name when the prefix changes", noted({ [RELEASE_NAME]: "p-new", [RELEASE_PREFIX]: "q" }), true, "site/p-new"],
    ["keeps what status calls its release, when annotations are lost", inStatus({ name: "p-new", revision: 2 }), false, "site/p-new"],
    ["keeps it whatever annotations say", inStatus({ name: "p-new", revision: 2 }, { [RELEASE_NAME]: "x" }), true, "site/p-new"],
    ["keeps the name of a release that was taken over", inStatus({ name: "p-new", superseded_by: "ArmadaChart d" }), false, "site/p-new"],
    ["follows the spec that asks for another since", inStatus({ name: "p-old", superseded_by: "ArmadaChart d" }), false, "site/new"],
    ["follows the spec once its release is gone", inStatus({ name: "p-new" }), false, "site/new"],
    ["lives in the namespace that the spec names", noted({}, { namespace: "db" }), false, "db/new"],
    ["lives in the chart's own when that is empty", noted({}, { namespace: "" }), false, "site/new"],
  ])("%s", (_, of, exists, expected) => {
    const { namespace, name } = releaseOf(of, { exists });
    expect(`${namespace}/${name}`).toBe(expected);
  });
});

describe("prefixOf", () => {
  test.each([
    ["a manifest hands down its prefix", manifest("m", [], { spec: { release_prefix: "p" } }), "p"],
    [
      "a manifest that has switched it off hands down none",
      manifest("m", [], { spec: { release_prefix: "p", apply_release_prefix: false } }),
      undefined,
    ],
    ["a group hands down what it was enabled with", group("g", [], { metadata: { annotations: { [RELEASE_PREFIX]: "p" } } }), "p"],
    ["a group that started on its own hands down none", group("g", []), undefined],
  ])("%s", (_, parent, expected) => {
    expect(prefixOf(parent)).toBe(expected);
  });
});

describe("the name that the release of a parked chart gets", () => {
  const parked = { spec: { target_state: "uninitialized" } } as const;
  const c = chart("c", parked);
  const site = manifest("m", ["g"], { spec: { release_prefix: "site" } });
  const handed = { metadata: { annotations: { [RELEASE_PREFIX]: "old" } } };
  const going = { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } };
  test.each([
    ["has the prefix of the manifest that enables its group", [group("g", ["c"], parked), site], "site-c"],
    ["has none where nobody has one", [group("g", ["c"], parked), manifest("m", ["g"])], "c"],
    ["has what its group got when it was enabled", [group("g", ["c"], handed), site], "old-c"],
    ["has the manifest's when its group is parked again", [group("g", ["c"], { ...parked, ...handed }), site], "site-c"],
    ["has none of a manifest whose group started on its own", [group("g", ["c"]), site], "c"],
    ["is not known while manifests differ", [group("g", ["c"], parked), site, manifest("other", ["g"])], undefined],
    ["is not known while groups differ", [group("g", ["c"], parked), site, group("own", ["c"])], undefined],
    [
      "is known while all agree",
      [group("g", ["c"], parked), site, group("h", ["c"], { metadata: { annotations: { [RELEASE_PREFIX]: "site" } } })],
      "site-c",
    ],
    ["is not that of a parent that goes", [group("g", ["c"], parked), site, manifest("other", ["g"], going)], "site-c"],
    ["is not known while nobody lists its group", [group("g", ["c"], parked)], undefined],
    ["is not known while nobody lists it", [], undefined],
  ])("%s", (_, parents, expected) => {
    expect(nameWhenEnabled(c, estateOf(c, ...parents))).toBe(expected);
  });
});

describe("the name at enabling", () => {
  const g = group("g", ["c"], { metadata: { annotations: { [RELEASE_PREFIX]: "p" } } });
  test.each([
    ["of a chart without a release has the prefix", chart("c"), "p-c"],
    ["of a chart whose release exists is not written again", chart("c", { status: { release: { name: "c", revision: 1 } } }), undefined],
    [
      "of a chart whose release was taken over is not written again",
      chart("c", { status: { release: { name: "q-c", superseded_by: "ArmadaChart d" } } }),
      undefined,
    ],
    ["of a group is none", group("c", []), undefined],
  ])("%s", (_, member, expected) => {
    expect(nameAtEnabling(g, member)).toBe(expected);
  });

  test("that is longer than helm takes is said before anything is done", () => {
    const long = "x".repeat(52);
    expect(tooLong(g, chart("c", { spec: { release: "x".repeat(51) } }))).toBeUndefined();
    expect(tooLong(g, chart("c", { spec: { release: long } }))).toBe(
      `the release of ArmadaChart c would be called p-${long}, which has 54 characters, and helm allows 53: shorten its spec.release or the manifest's release_prefix`,
    );
  });
});
