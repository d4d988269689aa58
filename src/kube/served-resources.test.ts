import { expect, test } from "@jest/globals";
import { parseServedResources } from "./served-resources.ts";

const entry = (resource: string, kind: string, scope = "Namespaced", verbs: readonly string[] = ["list", "delete", "get"]): object => ({
  resource,
  responseKind: { group: "", version: "", kind },
  scope,
  verbs,
});

test("each resource that can be listed and deleted comes once, in the version its group prefers", () => {
  const v2 = { version: "v2", resources: [entry("widgets", "Widget"), entry("reviews", "Review", "Cluster", ["create"])] };
  const v1 = { version: "v1", resources: [entry("widgets", "Widget"), entry("gears", "Gear", "Cluster")] };
  const list = {
    kind: "APIGroupDiscoveryList",
    items: [
      { metadata: {}, versions: [{ version: "v1", resources: [entry("pods", "Pod")] }] },
      { metadata: { name: "example.org" }, versions: [v2, v1] },
    ],
  };
  expect(parseServedResources(list)).toEqual([
    { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true },
    { group: "example.org", version: "v2", plural: "widgets", kind: "Widget", namespaced: true },
    { group: "example.org", version: "v1", plural: "gears", kind: "Gear", namespaced: false },
  ]);
});

test("a server that answers with something else is an error, not an empty list", () => {
  expect(() => parseServedResources({ kind: "APIGroupList", groups: [] })).toThrow("unexpected response from the API server");
});
