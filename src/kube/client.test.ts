import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ManualClock } from "../base/testing/manual-clock.ts";
import type { ApiClient } from "../runtime/api.ts";
import type { Resource } from "../runtime/object.ts";
import { KubeClient } from "./client.ts";
import { Discovery } from "./discovery.ts";
import { sendJson, startApiServer } from "./testing/fake-api-server.ts";
import { KubeHttp } from "./http.ts";

const configMaps: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const ref = { resource: configMaps, namespace: "n", name: "a" };
const never = new AbortController().signal;
const stored = (): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "n", uid: "u", resourceVersion: "5", managedFields: [] },
});
const clean = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "n", uid: "u", resourceVersion: "5" } };

let status: number;
let seen: string[];
let users: unknown[];
let client: KubeClient;
let close: () => Promise<void>;

beforeEach(async () => {
  status = 200;
  seen = [];
  users = [];
  const server = await startApiServer(({ method, url, headers, body }, response) => {
    users.push(headers["impersonate-user"]);
    seen.push([method, url.pathname + url.search, headers["content-type"], JSON.stringify(body)].filter((part) => part !== undefined).join(" "));
    sendJson(response, status, status === 200 ? stored() : { kind: "Status", code: status, reason: "NotFound", message: "not found" });
  });
  const http = new KubeHttp(server.config);
  client = new KubeClient({ http, discovery: new Discovery({ http, clock: new ManualClock() }) });
  close = async () => {
    await http.close();
    await server.close();
  };
});

afterEach(() => close());

test("another account's rights are asked for with every request, and with those of that client only", async () => {
  const as = client.as({ namespace: "n", name: "deployer" });
  await as.get(ref, never);
  await as.create(ref, stored(), never);
  await as.delete(ref, never);
  await client.get(ref, never);
  const user = "system:serviceaccount:n:deployer";
  expect(users).toEqual([user, user, user, undefined]);
});

const at = "/api/v1/namespaces/n/configmaps";

test.each<[string, (api: ApiClient) => Promise<unknown>, string]>([
  ["get", (api) => api.get(ref, never), `GET ${at}/a`],
  ["create", (api) => api.create(ref, { x: 1 }, never), `POST ${at} application/json {"x":1}`],
  ["replace", (api) => api.replace(ref, { x: 1 }, never), `PUT ${at}/a application/json {"x":1}`],
  [
    "a JSON patch",
    (api) => api.patch(ref, { type: "json", operations: [{ op: "remove", path: "/x" }] }, never),
    `PATCH ${at}/a application/json-patch+json [{"op":"remove","path":"/x"}]`,
  ],
  [
    "a merge patch of the status",
    (api) => api.patch({ ...ref, subresource: "status" }, { type: "merge", body: { status: {} } }, never),
    `PATCH ${at}/a/status application/merge-patch+json {"status":{}}`,
  ],
  [
    "a server-side apply",
    (api) => api.patch(ref, { type: "apply", body: { x: 1 }, fieldManager: "me", force: true }, never),
    `PATCH ${at}/a?fieldManager=me&force=true application/apply-patch+yaml {"x":1}`,
  ],
])("%s is one request and gives the object without managedFields", async (_title, call, request) => {
  expect(await call(client)).toEqual(clean);
  expect(seen).toEqual([request]);
});

const deletion = (options: string): string => `DELETE ${at}/a application/json {"apiVersion":"v1","kind":"DeleteOptions",${options}}`;

test("a deletion names what it deletes", async () => {
  await client.delete(ref, never);
  await client.delete({ ...ref, only: { uid: "u", resourceVersion: "5" } }, never);
  expect(seen).toEqual([
    deletion('"propagationPolicy":"Background","preconditions":{}'),
    deletion('"propagationPolicy":"Background","preconditions":{"uid":"u","resourceVersion":"5"}'),
  ]);
});

test("what does not exist is undefined to a read, done to a deletion and an error to a write", async () => {
  status = 404;
  expect(await client.get(ref, never)).toBeUndefined();
  expect(await client.delete(ref, never)).toBeUndefined();
  await expect(client.replace(ref, {}, never)).rejects.toMatchObject({ status: 404, reason: "NotFound" });
});
