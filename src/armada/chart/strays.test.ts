import { expect, test } from "@jest/globals";
import { ApiError } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/memory-api.ts";
import type { Resource } from "../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../names.ts";
import { findStrays } from "./strays.ts";

const never = new AbortController().signal;
const release = { namespace: "site", name: "blog" };
const resource = (group: string, plural: string, kind: string, namespaced = true): Resource => ({ group, version: "v1", plural, kind, namespaced });
const CONFIG_MAPS = resource("", "configmaps", "ConfigMap");
const ROLES = resource("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false);
const WIDGETS = resource("example.org", "widgets", "Widget");

/** A config map and a cluster role of the release, one of another; requests for `plural` fail. */
const find = async (plural?: string, error?: Error) => {
  const api = Object.assign(new MemoryApi(), { resources: () => Promise.resolve([CONFIG_MAPS, ROLES, WIDGETS]) });
  const made = (of: Resource, name: string, releaseName: string) =>
    api.create(
      { resource: of, namespace: of.namespaced ? "site" : undefined },
      {
        apiVersion: "v1",
        kind: of.kind,
        metadata: { name, ...(of.namespaced ? { namespace: "site" } : {}), annotations: annotations(releaseName) },
      },
      never,
    );
  await Promise.all([made(CONFIG_MAPS, "a", "blog"), made(CONFIG_MAPS, "b", "other"), made(ROLES, "c", "blog")]);
  api.before = (call) => {
    if (error !== undefined && call.resource.plural === plural) throw error;
  };
  const { strays, unseen } = await findStrays(release, api, never);
  return [strays.map(({ kind, name }) => `${kind} ${name}`), unseen];
};
const annotations = (name: string) => ({ [HELM_RELEASE_NAME]: name, [HELM_RELEASE_NAMESPACE]: "site" });
const answer = (status: number): ApiError => new ApiError("the server is\n unable to handle it", { status, reason: "Any" });

test("what carries the annotations of the release is found in every kind", async () => {
  expect(await find()).toEqual([["ConfigMap a", "ClusterRole c"], []]);
});

test.each([403, 404, 405])("a kind that may not be listed (%d) is passed over", async (status) => {
  expect(await find("widgets", answer(status))).toEqual([["ConfigMap a", "ClusterRole c"], []]);
});

test.each([0, 500, 503, 504])("a kind whose own server does not answer (%d) is passed over by name", async (status) => {
  expect(await find("widgets", answer(status))).toEqual([
    ["ConfigMap a", "ClusterRole c"],
    ["widgets.example.org (the server is unable to handle it)"],
  ]);
});

test.each([
  ["the API server itself does not answer", "configmaps", answer(503)],
  ["it is asked too often", "widgets", answer(429)],
  ["it is the program's own mistake", "widgets", new TypeError("no")],
])("nothing is concluded when %s", async (_, plural, error) => {
  await expect(find(plural, error)).rejects.toBe(error);
});
