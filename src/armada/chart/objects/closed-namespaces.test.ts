import { expect, test } from "@jest/globals";
import { ApiError } from "../../../runtime/api.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { closedNamespaces } from "./closed-namespaces.ts";
import { NAMESPACES } from "./release-objects.ts";
import { seen } from "../testing/charts.ts";

const never = new AbortController().signal;
const missing = (namespace?: string) => {
  const object = { ...desiredObject("v1", "ConfigMap", { name: "a" }), ...(namespace === undefined ? {} : { namespace }) };
  return seen("ConfigMap a", "missing", { object });
};

/** Of the namespaces, `site` is open, `going` is being deleted, and `secret` may not be read. */
const look = async (...objects: Parameters<typeof closedNamespaces>[0]) => {
  const api = new MemoryApi();
  const make = (name: string, metadata = {}) =>
    api.create({ resource: NAMESPACES }, { apiVersion: "v1", kind: "Namespace", metadata: { name, ...metadata } }, never);
  await Promise.all([make("site"), make("going", { deletionTimestamp: "2026-03-01T11:00:00Z" })]);
  api.before = ({ name }) => {
    if (name === "secret") throw new ApiError("no", { status: 403, reason: "Forbidden" });
    if (name === "lost") throw new ApiError("no", { status: 503, reason: "ServiceUnavailable" });
  };
  return (await closedNamespaces(objects, api, never)).map(({ name, state }) => `${name} ${state}`);
};

test.each([
  ["an open one", [missing("site")], []],
  ["one in which something of no namespace is missing", [missing()], []],
  ["one that is being deleted, once", [missing("going"), missing("going")], ["going terminating"]],
  ["one that does not exist", [missing("nowhere")], ["nowhere absent"]],
  ["one that does not exist and is put back with the rest", [seen("Namespace nowhere", "missing"), missing("nowhere")], []],
  ["one that may not be read", [missing("secret")], []],
  ["nothing missing", [seen("ConfigMap a", "ready")], []],
  ["what nobody puts back", [{ ...missing("going"), ignored: true }], []],
])("of %s", async (_, objects, expected) => {
  expect(await look(...objects)).toEqual(expected);
});

test("nothing is concluded while the API server does not answer", async () => {
  await expect(look(missing("lost"))).rejects.toThrow("no");
});
