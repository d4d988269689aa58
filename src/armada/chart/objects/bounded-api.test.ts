import { expect, test } from "@jest/globals";
import { classOf } from "../../../runtime/error-class.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { failureOf } from "../../attempts.ts";
import { boundedApi } from "./bounded-api.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const ref = { resource: MAPS, namespace: "site", name: "a" };
const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "site" } };

test.each([
  ["create", { kind: "ConfigMap", name: "a", namespace: "site" }, body],
  ["replace", { kind: "ConfigMap", name: "a", namespace: "site" }, body],
  ["patch", { kind: "ConfigMap", name: "a", namespace: "site" }, {}],
  ["delete", { kind: "ConfigMap", name: "a", namespace: "site" }, {}],
] as const)("%s is asked about before it is sent, and not sent when it is refused", async (verb, ...expected) => {
  const inner = new MemoryApi();
  if (verb !== "create") await inner.create(ref, body, never);
  const before = inner.said.length;
  const asked: unknown[] = [];
  let refusal: string | undefined = "not there";
  const api = boundedApi(inner, (object, act, written) => {
    asked.push(object, written);
    return act === "write" ? refusal : undefined;
  });
  const send = (): Promise<unknown> => {
    if (verb === "patch") return api.patch(ref, { type: "merge", body: {} }, never);
    return verb === "delete" ? api.delete(ref, never) : api[verb](ref, body, never);
  };
  const error: unknown = await send().catch((thrown: unknown) => thrown);
  expect(failureOf(error)).toMatchObject({ reason: "OutOfBounds", class: "terminal", message: "not there" });
  expect(classOf(error, "transient")).toBe("terminal");
  expect(asked).toEqual(expected);
  expect(inner.said).toHaveLength(before);
  refusal = undefined;
  await send();
  expect(inner.said).toHaveLength(before + 1);
});

test("what is read is not asked about", async () => {
  const inner = new MemoryApi();
  await inner.create(ref, body, never);
  const api = boundedApi(inner, () => "never");
  expect(await api.get(ref, never)).toMatchObject(body);
  expect(await api.list(MAPS, {}, never)).toHaveLength(1);
});
