import { expect, test } from "@jest/globals";
import type { Resource } from "../runtime/object.ts";
import { resourcePath } from "./path.ts";

const pods: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };
const deployments: Resource = { group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true };
const nodes: Resource = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };

test.each([
  [pods, {}, "/api/v1/pods"],
  [pods, { namespace: "n" }, "/api/v1/namespaces/n/pods"],
  [deployments, { namespace: "n", name: "d", subresource: "status" }, "/apis/apps/v1/namespaces/n/deployments/d/status"],
  [nodes, { namespace: "n", name: "a/b" }, "/api/v1/nodes/a%2Fb"],
])("%j at %j is %s", (resource, at, path) => {
  expect(resourcePath(resource, at)).toBe(path);
});

test("an object of a namespaced resource needs a namespace", () => {
  expect(() => resourcePath(pods, { name: "p" })).toThrow('pods "p" is addressed without a namespace');
});
