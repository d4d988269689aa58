import { expect, test } from "@jest/globals";
import { parseRequestPath } from "./request-path.ts";

const core = { group: "", version: "v1" };
const apps = { group: "apps", version: "v1" };

test.each([
  ["an object", "/api/v1/namespaces/a/secrets/s", { ...core, plural: "secrets", namespace: "a", name: "s" }],
  ["a subresource", "/apis/apps/v1/namespaces/a/deployments/d/status", { ...apps, plural: "deployments", namespace: "a", name: "d" }],
  ["a collection", "/apis/apps/v1/namespaces/a/deployments", { ...apps, plural: "deployments", namespace: "a" }],
  ["one over all namespaces", "/api/v1/secrets", { ...core, plural: "secrets" }],
  ["an object without a namespace", "/api/v1/nodes/n", { ...core, plural: "nodes", name: "n" }],
  ["a Namespace", "/api/v1/namespaces/a", { ...core, plural: "namespaces", name: "a" }],
  ["a subresource of a Namespace", "/api/v1/namespaces/a/finalize", { ...core, plural: "namespaces", name: "a" }],
  ["a name with a dot", "/api/v1/namespaces/a/secrets/x%2Dy.z", { ...core, plural: "secrets", namespace: "a", name: "x-y.z" }],
  ["the version", "/version", "none"],
  ["discovery", "/apis/apps/v1", "none"],
  ["a name with a slash in it", "/api/v1/namespaces/a/secrets/..%2F..%2Fb%2Fsecrets%2Fs", undefined],
  ["a step up", "/api/v1/namespaces/a/../b/secrets", undefined],
  ["an encoded step up", "/api/v1/namespaces/a/%2e%2e/b/secrets", undefined],
  ["a name encoded twice", "/api/v1/namespaces/a/secrets/%252e", undefined],
  ["an empty name", "/api/v1/namespaces//secrets", undefined],
  ["a watch of old", "/api/v1/watch/namespaces/a/secrets", undefined],
  ["no path", "https://elsewhere/api", undefined],
  ["what is no UTF-8", "/api/v1/%ff", undefined],
])("%s: %s", (_, path, expected) => {
  expect(parseRequestPath(path)).toEqual(expected);
});
