import { describe, expect, test } from "@jest/globals";
import type { HelmClient } from "../../../helm/access.ts";
import { encodeRecord } from "../../../helm/record/encoding.ts";
import type { ProxiedRequest } from "../../../kube/api-proxy.ts";
import type { Resource } from "../../../runtime/object.ts";
import { judge } from "./judge.ts";

const never = new AbortController().signal;
const resource = (group: string, plural: string, kind: string, namespaced: boolean): Resource => ({ group, version: "v1", plural, kind, namespaced });
const RESOURCES = [
  resource("", "configmaps", "ConfigMap", true),
  resource("", "secrets", "Secret", true),
  resource("", "nodes", "Node", false),
  resource("", "namespaces", "Namespace", false),
  resource("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false),
];
const api = {
  resources: () => Promise.resolve(RESOURCES),
  resolve: (_: string, kind: string) => Promise.resolve(RESOURCES.find((each) => each.kind === kind)),
};

/** Refuses what is not in `site`, and writing what has no namespace. */
const client: HelmClient = {
  release: { namespace: "site", name: "r" },
  account: undefined,
  createsNamespace: false,
  refuse: ({ kind, name, namespace }, act) =>
    namespace === "site" || (namespace === undefined && act === "read") ? undefined : `${act} ${kind} ${namespace ?? ""}/${name}`,
};

const judged = (method: ProxiedRequest["method"], path: string, body?: unknown, over: Partial<HelmClient> = {}) =>
  judge(
    { ...client, ...over },
    { method, path, contentType: "application/json", body: Buffer.from(body === undefined ? "" : JSON.stringify(body)) },
    { api },
    never,
  );

const named = (name: string) => ({ metadata: { name } });

test.each([
  ["an object at home", "GET", "/api/v1/namespaces/site/configmaps/m", undefined, undefined],
  ["one elsewhere", "GET", "/api/v1/namespaces/other/configmaps/m", undefined, "read ConfigMap other/m"],
  ["one to be made", "POST", "/api/v1/namespaces/other/configmaps", named("m"), "write ConfigMap other/m"],
  ["one that gets its name", "POST", "/api/v1/namespaces/other/configmaps", { metadata: { generateName: "m-" } }, "write ConfigMap other/m-"],
  ["one that cannot be read", "POST", "/api/v1/namespaces/other/configmaps", "{", "write ConfigMap other/"],
  ["one to be deleted", "DELETE", "/api/v1/namespaces/other/secrets/s", undefined, "write Secret other/s"],
  ["one of a kind nobody knows", "PATCH", "/apis/x.y/v1/namespaces/other/things/t", undefined, "write things other/t"],
  ["one without a namespace", "PUT", "/apis/rbac.authorization.k8s.io/v1/clusterroles/c", undefined, "write ClusterRole /c"],
  ["one without, looked up", "GET", "/api/v1/nodes/n", undefined, undefined],
  ["all without", "GET", "/api/v1/nodes", undefined, undefined],
  ["all of every namespace", "GET", "/api/v1/secrets", undefined, "read Secret */"],
  ["all of a kind nobody knows", "GET", "/apis/x.y/v1/things", undefined, "read things */"],
  ["a Namespace", "POST", "/api/v1/namespaces", named("site"), "write Namespace /site"],
  ["discovery", "GET", "/apis/apps/v1", undefined, undefined],
  ["what is no object", "POST", "/version", undefined, 'helm may not write "/version": it is no object of a chart'],
  ["what is not known", "GET", "/api/v1/watch/secrets", undefined, 'helm may not read "/api/v1/watch/secrets": it is no object of a chart'],
] as const)("%s: %s %s", async (_, method, path, body, expected) => {
  expect(await judged(method, path, body)).toBe(expected);
});

test("the namespace of its release, where helm creates it", async () => {
  const createsNamespace = true;
  expect(await judged("POST", "/api/v1/namespaces", named("site"), { createsNamespace })).toBeUndefined();
  expect(await judged("POST", "/api/v1/namespaces", named("other"), { createsNamespace })).toBe("write Namespace /other");
  expect(await judged("DELETE", "/api/v1/namespaces/site", undefined, { createsNamespace })).toBe("write Namespace /site");
});

describe("the record of a release", () => {
  const object = (kind: string, metadata: object): string => JSON.stringify({ apiVersion: "v1", kind, metadata });
  const record = async (release: object) => ({
    metadata: { name: "sh.helm.release.v1.r.v1" },
    type: "helm.sh/release.v1",
    data: { release: await encodeRecord({ name: "r", ...release }) },
  });
  const secrets = "/api/v1/namespaces/site/secrets";

  test.each([
    ["of objects at home", { manifest: object("ConfigMap", { name: "m" }), hooks: [{ manifest: object("ConfigMap", { name: "h" }) }] }, undefined],
    ["with one elsewhere", { manifest: object("ConfigMap", { name: "m", namespace: "other" }) }, "write ConfigMap other/m"],
    [
      "with one elsewhere in a list",
      { manifest: JSON.stringify({ kind: "List", items: [JSON.parse(object("Secret", { name: "s", namespace: "x" }))] }) },
      "write Secret x/s",
    ],
    [
      "with a hook elsewhere",
      { manifest: "", hooks: [{ manifest: object("ConfigMap", { name: "h", namespace: "other" }) }] },
      "write ConfigMap other/h",
    ],
    [
      "with a second document elsewhere",
      { manifest: `${object("ConfigMap", { name: "m" })}\n---\n${object("ConfigMap", { name: "n", namespace: "other" })}` },
      "write ConfigMap other/n",
    ],
    ["with one without a namespace", { manifest: object("ClusterRole", { name: "c", namespace: "site" }) }, "write ClusterRole /c"],
    ["with one that gets its name", { manifest: object("ClusterRole", { generateName: "c-" }) }, "write ClusterRole /c-"],
    ["of a kind that is not served", { manifest: object("Thing", { name: "t" }) }, undefined],
    ["that is no YAML", { manifest: "kind: [" }, expect.stringContaining("where its objects are cannot be told: line 1")],
    ["of more objects than are looked at", { manifest: "kind: A\n---\n".repeat(5001) }, expect.stringContaining("more than 5000 objects")],
  ])("%s", async (_, release, expected) => {
    expect(await judged("POST", secrets, await record(release))).toEqual(expected);
  });

  test("is judged object by object, with what is in each", async () => {
    const seen: unknown[] = [];
    const refuse: HelmClient["refuse"] = (...asked) => void seen.push(asked);
    await judged("POST", secrets, await record({ manifest: object("ConfigMap", { name: "m" }) }), { refuse });
    expect(seen).toEqual([
      [{ kind: "secrets", name: "", namespace: "site" }, "write"],
      [{ kind: "ConfigMap", name: "m", namespace: "site" }, "write", JSON.parse(object("ConfigMap", { name: "m" }))],
    ]);
  });

  test("that cannot be read is not written", async () => {
    const broken = { ...(await record({})), data: { release: "!" } };
    expect(await judged("POST", secrets, broken)).toMatch(/cannot be told: the release record cannot be read/);
  });

  test("of another type is a Secret like any other", async () => {
    expect(await judged("POST", secrets, { metadata: { name: "s" }, type: "Opaque", data: {} })).toBeUndefined();
  });
});
