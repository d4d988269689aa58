import { describe, expect, test } from "@jest/globals";
import { CHARTS } from "./chart.ts";
import type { ArmadaChart, ArmadaChartSpec } from "./chart.ts";
import { MANIFESTS } from "./manifest.ts";
import { prefixRefusal, refusals } from "./refuse.ts";
import { apiVersionOf } from "../../runtime/object.ts";

const metadata = { name: "blog", namespace: "here", uid: "u", resourceVersion: "1" };
const chart = (spec: Partial<ArmadaChartSpec>): ArmadaChart => ({
  apiVersion: apiVersionOf(CHARTS),
  kind: CHARTS.kind,
  metadata,
  spec: { release: "blog", source: { type: "local", location: "/charts/blog" }, ...spec },
});

describe("refusals", () => {
  test.each([
    ["a local chart may go on", {}, []],
    ["the object's own namespace may be named", { namespace: "here" }, []],
    ["an empty list of dependencies may stand", { dependencies: [] }, []],
    [
      "another namespace is refused",
      { namespace: "there" },
      [
        'spec.namespace is "there", but a release goes to the namespace of its ArmadaChart only, here "here": create the object in "there", or remove spec.namespace.',
      ],
    ],
    [
      "a git source with dependencies is refused twice",
      { source: { type: "git", location: "https://example.org/x" }, dependencies: ["helm-toolkit"] },
      [
        'spec.source.type is "git", but only local sources are supported yet: put the chart below a chart root of the operator and use type local.',
        'spec.dependencies names "helm-toolkit", but dependencies are not placed into charts yet: put them into the chart\'s own charts/ folder and make the list empty.',
      ],
    ],
  ] satisfies readonly (readonly [string, Partial<ArmadaChartSpec>, readonly string[]])[])("%s", (_, spec, expected) => {
    expect(refusals(chart(spec))).toEqual(expected);
  });
});

describe("prefixRefusal", () => {
  test.each([
    ["no prefix, nothing to say", undefined, ["g1"], undefined],
    ["a prefix over groups that started on their own changes nothing", "armada", [], undefined],
    [
      "a prefix that would travel to a parked group is refused",
      "armada",
      ["g1", "g2"],
      'spec.release_prefix is "armada", but prefixes are not given to parked groups yet (parked: g1, g2): remove spec.release_prefix, or set target_state: deployed on the groups.',
    ],
  ] as const)("%s", (_, release_prefix, parked, expected) => {
    const manifest = { apiVersion: apiVersionOf(MANIFESTS), kind: MANIFESTS.kind, metadata, spec: { chart_groups: ["g1", "g2"], release_prefix } };
    expect(prefixRefusal(manifest, parked)).toBe(expected);
  });
});
