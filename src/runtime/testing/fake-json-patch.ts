import { deepEqual, isRecord } from "../../base/json/json.ts";
import { ApiError, type JsonPatchOperation } from "../api.ts";

/** RFC 6902 on members of objects, and on the items that a list has, for `MemoryApi`. */
export const applyJsonPatch = (document: unknown, operations: readonly JsonPatchOperation[]): unknown => operations.reduce(applyOne, document);

const applyOne = (document: unknown, operation: JsonPatchOperation): unknown => change(document, keysOf(operation.path), operation);

/** JSON Pointer, RFC 6901. */
const keysOf = (path: string): readonly string[] =>
  path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

const change = (value: unknown, [key, ...rest]: readonly string[], operation: JsonPatchOperation): unknown => {
  if (Array.isArray(value)) return changeItem(value, Number(key), rest, operation);
  if (key === undefined || !isRecord(value)) throw refused(`nothing at ${operation.path}`);
  const old = value[key];
  if (rest.length > 0) return { ...value, [key]: change(old, rest, operation) };
  if (operation.op === "test") {
    if (!deepEqual(old, operation.value)) throw refused(`testing value ${operation.path} failed`);
    return value;
  }
  if (operation.op !== "add" && !(key in value)) throw refused(`nothing at ${operation.path}`);
  if (operation.op !== "remove") return { ...value, [key]: operation.value };
  const { [key]: _, ...left } = value;
  return left;
};

const changeItem = (list: readonly unknown[], index: number, rest: readonly string[], operation: JsonPatchOperation): unknown => {
  if (operation.op === "add" || !(index in list)) throw refused(`nothing at ${operation.path}`);
  if (rest.length > 0) return list.with(index, change(list[index], rest, operation));
  if (operation.op === "test" && !deepEqual(list[index], operation.value)) throw refused(`testing value ${operation.path} failed`);
  if (operation.op === "test") return list;
  return operation.op === "remove" ? list.toSpliced(index, 1) : list.with(index, operation.value);
};

/** What the API server answers to a patch that does not apply, a failed test among them: 422, not 409. */
const refused = (why: string): ApiError =>
  new ApiError(`the server rejected our request due to an error in our request: ${why}`, { status: 422, reason: "Invalid" });
