import { expect, test } from "@jest/globals";
import { appliedNames } from "./applied.ts";

const chart = { kind: "ArmadaChart", metadata: { namespace: "site", name: "blog" }, spec: {} };
const space = { kind: "Namespace", metadata: { name: "site" } };

test.each([
  [
    "several objects",
    { kind: "List", items: [space, chart, { ...chart, kind: "ArmadaChartGroup" }] },
    ["ArmadaChart site/blog", "ArmadaChartGroup site/blog"],
  ],
  ["one object", chart, ["ArmadaChart site/blog"]],
  ["one object that is not ours", space, []],
])("appliedNames of %s", (_, printed, names) => {
  expect([...appliedNames(JSON.stringify(printed))]).toEqual(names);
});
