import { deepEqual, isRecord } from "../base/json.ts";
import { ApiError, type JsonPatchOperation } from "./api.ts";

/** RFC 6902 on members of objects, for `MemoryApi`. Lists are values: no operation reaches into one. */
export const applyJsonPatch = (document: unknown, operations: readonly JsonPatchOperation[]): unknown => operations.reduce(applyOne, document);

const applyOne = (document: unknown, operation: JsonPatchOperation): unknown => change(document, keysOf(operation.path), operation);

/** JSON Pointer, RFC 6901. */
const keysOf = (path: string): readonly string[] =>
  path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

const change = (value: unknown, [key, ...rest]: readonly string[], operation: JsonPatchOperation): unknown => {
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

/** What the API server answers to a patch that does not apply, a failed test among them: 422, not 409. */
const refused = (why: string): ApiError =>
  new ApiError(`the server rejected our request due to an error in our request: ${why}`, { status: 422, reason: "Invalid" });
