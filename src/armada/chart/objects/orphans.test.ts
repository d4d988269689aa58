import { expect, test } from "@jest/globals";
import { ApiError, type ListOptions } from "../../../runtime/api.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { DynamicObject, KubeObject, Resource } from "../../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { findOrphanedObjects } from "./orphans.ts";

const never = new AbortController().signal;
const release = { namespace: "site", name: "blog" };
const resource = (group: string, plural: string, kind: string, namespaced = true): Resource => ({ group, version: "v1", plural, kind, namespaced });
const CONFIG_MAPS = resource("", "configmaps", "ConfigMap");
const ROLES = resource("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false);
const WIDGETS = resource("example.org", "widgets", "Widget");

const annotations = { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" };
const answer = (status: number): ApiError => new ApiError("the server is\n unable to handle it", { status, reason: "Any" });

interface World {
  readonly namespaces?: readonly string[];
  /** `Plural`, `plural namespace`, or `plural everywhere`: what a request for it is answered with. */
  readonly answers?: Readonly<Record<string, Error>>;
}

/** Of the release: a config map in its namespace, one in `far`, a cluster role; of another: a config map. */
const find = async ({ namespaces = [], answers = {} }: World = {}) => {
  const api = new ScopedApi([CONFIG_MAPS, ROLES, WIDGETS]);
  const made = (of: Resource, name: string, namespace = "site", marks: object = annotations) =>
    api.create(
      { resource: of, namespace: of.namespaced ? namespace : undefined },
      { apiVersion: "v1", kind: of.kind, metadata: { name, ...(of.namespaced ? { namespace } : {}), annotations: marks } },
      never,
    );
  await made(CONFIG_MAPS, "a");
  await made(CONFIG_MAPS, "b", "site", { ...annotations, [HELM_RELEASE_NAME]: "other" });
  await made(CONFIG_MAPS, "d", "far", { ...annotations, [HELM_RELEASE_NAMESPACE]: "far" });
  await made(CONFIG_MAPS, "e", "far");
  await made(ROLES, "c");
  api.before = ({ resource: { plural }, namespace = "everywhere" }) => {
    const error = answers[plural] ?? answers[`${plural} ${namespace}`];
    if (error !== undefined) throw error;
  };
  const { orphanedObjects, unseen } = await findOrphanedObjects(release, { api, namespaces }, never);
  return [orphanedObjects.map(({ kind, namespace, name }) => [kind, namespace, name].filter((word) => word !== undefined).join(" ")), unseen];
};

/** A list without a namespace is one of all. */
class ScopedApi extends MemoryApi {
  readonly #resources: readonly Resource[];

  constructor(resources: readonly Resource[]) {
    super();
    this.#resources = resources;
  }

  override resources(): Promise<readonly Resource[]> {
    return Promise.resolve(this.#resources);
  }

  override async list<T extends KubeObject = DynamicObject>(of: Resource, options: ListOptions, signal: AbortSignal): Promise<readonly T[]> {
    if (!of.namespaced || options.namespace !== undefined) return super.list(of, options, signal);
    await this.before({ verb: "list", resource: of }, signal);
    const each = await Promise.all(["site", "far"].map((namespace) => super.list<T>(of, { ...options, namespace }, signal)));
    return each.flat();
  }
}

const ALL = ["ConfigMap site a", "ConfigMap far e", "ClusterRole c"];

test("what carries the annotations of the release is found in every kind and every namespace", async () => {
  expect(await find()).toEqual([ALL, []]);
});

test.each([
  ["nowhere", [], { configmaps: answer(403) }, ["ClusterRole c"], ["what the operator is not allowed to list: ConfigMap"]],
  [
    "in the namespace of the release only",
    [],
    { "configmaps everywhere": answer(403) },
    ["ConfigMap site a", "ClusterRole c"],
    ["what the operator is allowed to list only in namespace site: ConfigMap"],
  ],
  [
    "in watched namespaces only",
    ["far", "site"],
    { "configmaps everywhere": answer(403) },
    ["ConfigMap far e", "ConfigMap site a", "ClusterRole c"],
    ["what the operator is allowed to list only in namespaces far, site: ConfigMap"],
  ],
  [
    "in one of the watched namespaces",
    ["far", "site"],
    { "configmaps everywhere": answer(403), "configmaps site": answer(403) },
    ["ConfigMap far e", "ClusterRole c"],
    ["what the operator is allowed to list only in namespace far: ConfigMap"],
  ],
  [
    "neither with a namespace nor without",
    [],
    { configmaps: answer(403), clusterroles: answer(403), widgets: answer(403) },
    [],
    ["what the operator is not allowed to list: ClusterRole, ConfigMap, widgets.example.org"],
  ],
])("kinds that may be listed %s are named", async (_, namespaces, answers, orphanedObjects, unseen) => {
  expect(await find({ namespaces, answers })).toEqual([orphanedObjects, unseen]);
});

test("a kind that is served no more is passed over", async () => {
  expect(await find({ answers: { widgets: answer(404) } })).toEqual([ALL, []]);
});

test.each([0, 405, 500, 503, 504])("a kind whose own server does not answer (%d) is passed over by name", async (status) => {
  expect(await find({ answers: { widgets: answer(status) } })).toEqual([
    ALL,
    ["what could not be listed (the server is unable to handle it): widgets.example.org"],
  ]);
});

test.each([
  ["the API server itself does not answer", "configmaps", answer(503)],
  ["it is asked too often", "widgets", answer(429)],
  ["it is the program's own mistake", "widgets", new TypeError("no")],
])("nothing is concluded when %s", async (_, plural, error) => {
  await expect(find({ answers: { [plural]: error } })).rejects.toBe(error);
});
