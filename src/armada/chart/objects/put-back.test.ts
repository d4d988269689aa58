import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { silentLogger } from "../../../base/log.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { redactionFor } from "../../../helm/output/redact.ts";
import { ApiError } from "../../../runtime/api.ts";
import { FakeListWatcher } from "../../../runtime/testing/fake-list-watcher.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { DynamicObject, Resource } from "../../../runtime/object.ts";
import { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { HELM_MANAGED_BY, HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { parseManifest } from "../../readiness/manifest.ts";
import { putBack } from "./put-back.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const release = { namespace: "site", name: "blog" };
const SECRET = "hunter2";
const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {password: ${SECRET}, text: of the map}\n`;
const marks = {
  labels: { [HELM_MANAGED_BY.label]: HELM_MANAGED_BY.value },
  annotations: { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" },
};
const ref = { resource: MAPS, namespace: "site", name: "web" };

class Maps extends MemoryApi {
  override resolve(): Promise<Resource> {
    return Promise.resolve(MAPS);
  }
}

let api: Maps;
let watches: ObjectWatches;

beforeEach(() => {
  api = new Maps();
  const listWatcher = () => new FakeListWatcher<DynamicObject>();
  watches = new ObjectWatches({
    api,
    listWatcher,
    project: (live) => live,
    metadataOnly: () => false,
    namespaces: [],
    clock: new ManualClock(),
    log: silentLogger,
  });
});
afterEach(() => watches.run(AbortSignal.abort()));

const depsOf = () => ({ api, watches, redact: redactionFor, values: { password: SECRET }, onDone: () => Promise.resolve() });
const restore = (): Promise<void> => putBack(manifest, parseManifest(manifest), release, depsOf(), never);
const live = (metadata: object): Promise<unknown> =>
  api.create(
    { resource: MAPS, namespace: "site" },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web", namespace: "site", ...metadata } },
    never,
  );

describe("an object of a release", () => {
  test("is put back as its manifest has it, with helm's marks", async () => {
    await restore();
    expect(await api.get(ref, never)).toMatchObject({ data: { password: SECRET }, metadata: marks });
  });

  test("that only lost helm's label gets it back, and nothing else is touched", async () => {
    await live({ annotations: marks.annotations });
    await restore();
    const object = await api.get(ref, never);
    expect(object?.metadata).toMatchObject(marks);
    expect(object).not.toHaveProperty("data");
  });

  test("is not marked when it was replaced since it was looked at", async () => {
    await live({ annotations: marks.annotations });
    api.before = async ({ verb }) => {
      if (verb !== "patch") return;
      api.before = () => undefined;
      await api.delete(ref, never);
      await live({ labels: { app: "another" } });
    };
    await expect(restore()).rejects.toThrow("the API server rejects ConfigMap web, which is being put back: Conflict (409)");
    expect((await api.get(ref, never))?.metadata.labels).toEqual({ app: "another" });
  });

  test("that its manifest has twice is the last one", async () => {
    const twice = `${manifest}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: site}\ndata: {which: last}\n`;
    await putBack(twice, parseManifest(manifest), release, depsOf(), never);
    expect(await api.get(ref, never)).toMatchObject({ data: { which: "last" } });
  });

  test("without a namespace is put back without the one that its manifest writes", async () => {
    const roles: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles", kind: "ClusterRole", namespaced: false };
    api.resolve = () => Promise.resolve(roles);
    const role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: web, namespace: site}\n";
    await putBack(role, parseManifest(role), release, depsOf(), never);
    expect((await api.get({ resource: roles, name: "web" }, never))?.metadata.namespace).toBeUndefined();
  });

  test("of somebody else is left alone, and said", async () => {
    await live({});
    await expect(restore()).rejects.toThrow("ConfigMap web exists without the annotations of release blog: delete it, or add them");
  });

  /** `SECRET`, `BODY`: what no word of may be passed on. */
  const REJECTS = "the API server rejects ConfigMap web, which is being put back: ";
  test.each([
    ["create", 422, "Invalid", 'ConfigMap "web" is invalid: BODY SECRET', `${REJECTS}Invalid (422)`],
    ["patch", 422, "Invalid", 'ConfigMap "web" is invalid: BODY SECRET', `${REJECTS}Invalid (422)`],
    [
      "create",
      422,
      "Invalid",
      `configmaps "web" is forbidden: ValidatingAdmissionPolicy 'keep' with binding 'keep' denied request: maps are made\nby hand, not SECRET`,
      `${REJECTS}configmaps "web" is forbidden: ValidatingAdmissionPolicy 'keep' with binding 'keep' denied request: maps are made by hand, not (value of .password)`,
    ],
    [
      "patch",
      400,
      "BadRequest",
      'admission webhook "w.example.org" denied the request: BODY is not wanted',
      `${REJECTS}admission webhook "w.example.org" denied the request: {"password":"(value of .password)","text":"(value of .data.text)"} is not wanted`,
    ],
    [
      "create",
      403,
      "Forbidden",
      'configmaps is forbidden: User "u" cannot create resource "configmaps" in API group "" in the namespace "site"',
      `${REJECTS}configmaps is forbidden: User "u" cannot create resource "configmaps" in API group "" in the namespace "site"`,
    ],
    [
      "create",
      403,
      "QuotaExceeded",
      'configmaps "web" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=0, limited: configmaps=0',
      `${REJECTS}configmaps "web" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=0, limited: configmaps=0`,
    ],
    ["create", 403, "Forbidden", `no ${"x".repeat(2000)}`, `${REJECTS}no ${"x".repeat(988)}… (cut)`],
    ["create", 404, "NotFound", 'namespaces "site" not found', "ConfigMap web cannot be put back: namespace site does not exist; create it"],
    [
      "create",
      404,
      "NotFound",
      "the API server answered with HTTP status 404: 404 page not found",
      "ConfigMap web cannot be put back: the API server no longer serves v1 ConfigMap: install its CustomResourceDefinition again, or take the object out of the chart",
    ],
  ] as const)("that is refused at %s (%d %s) is named with the reason, and not quoted: %s", async (verb, status, reason, said, message) => {
    if (verb === "patch") await live({ annotations: marks.annotations });
    const quoted = said.replace("BODY", JSON.stringify({ password: SECRET, text: "of the map" })).replace("SECRET", SECRET);
    api.before = (call) => {
      if (call.verb === verb) throw new ApiError(quoted, { status, reason });
    };
    await expect(restore()).rejects.toThrow(new Error(message));
  });

  test("that is a Secret is not quoted in clear text either", async () => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata: {token: ${Buffer.from("canary99").toString("base64")}}\n`;
    api.before = ({ verb }) => {
      if (verb === "create") throw new ApiError("denied the request: token canary99 is weak", { status: 403, reason: "Forbidden" });
    };
    const refused = putBack(secret, parseManifest(secret), release, depsOf(), never);
    await expect(refused).rejects.toThrow("denied the request: token (value of .data.token) is weak");
  });

  test("whose namespace is being deleted is no failure: the next look sees that, and waits", async () => {
    const message = `configmaps "web" is forbidden: unable to create new content in namespace site because it is being terminated ${SECRET}`;
    api.before = ({ verb }) => {
      if (verb === "create") throw new ApiError(message, { status: 403, reason: "NamespaceTerminating" });
    };
    const sentence = "ConfigMap web cannot be recreated: its namespace is being deleted";
    await expect(restore()).rejects.toMatchObject({ status: 409, message: sentence });
  });

  test("that goes while it is marked is left to the next look", async () => {
    await live({ annotations: marks.annotations });
    api.before = ({ verb }) => {
      if (verb === "patch") throw new ApiError("not found", { status: 404, reason: "NotFound" });
    };
    await restore();
  });
});
