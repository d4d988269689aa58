import { describe, expect, test } from "@jest/globals";
import { CHARTS } from "./chart.ts";
import type { ArmadaChart, ArmadaChartSpec } from "./chart.ts";
import { namespaceRefusal } from "./refuse.ts";
import { apiVersionOf } from "../../runtime/object.ts";

const metadata = { name: "blog", namespace: "here", uid: "u", resourceVersion: "1" };
const chart = (spec: Partial<ArmadaChartSpec>): ArmadaChart => ({
  apiVersion: apiVersionOf(CHARTS),
  kind: CHARTS.kind,
  metadata,
  spec: { release: "blog", source: { type: "local", location: "/charts/blog" }, ...spec },
});

describe("namespaceRefusal", () => {
  test.each([
    ["no namespace", undefined, false, [], undefined],
    ["an empty one", "", false, [], undefined],
    ["the object's own", "here", false, [], undefined],
    ["another one, where that is allowed", "there", true, [], undefined],
    ["another one that is watched", "there", true, ["here", "there"], undefined],
    [
      "another one, where that is denied",
      "there",
      false,
      [],
      'spec.namespace is "there", and releases in other namespaces than their ArmadaChart\'s, here "here", are off: start the operator with --cross-namespace=allow, or create the object in "there".',
    ],
    [
      "another one that nobody watches",
      "there",
      true,
      ["here"],
      'spec.namespace is "there", which is not among the namespaces that --watch-namespaces names: add it there, or choose another.',
    ],
  ] as const)("of %s", (_, namespace, crossNamespace, watched, expected) => {
    expect(namespaceRefusal(chart(namespace === undefined ? {} : { namespace }), { crossNamespace, watched })).toBe(expected);
  });
});
