import type { z } from "zod";
import { assertNever } from "../../base/errors.ts";
import { HELD_VALUES, HeldJson, MAX_DEPTH } from "../../base/json/held-json.ts";
import { isRecord } from "../../base/json/json.ts";
import { KINDS } from "./kinds.ts";
import { valueAt } from "./path.ts";

/** Longest value that a sentence repeats. */
const SHOWN_MAX = 80;

const articles: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a whole number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** Values for charts hold secrets: never shown. */
const isSecret = (path: readonly PropertyKey[]): boolean => path[1] === "values";

/** Scalars are shown; objects and lists are not, since they may hold anything. */
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const json = JSON.stringify(value) ?? "nothing";
  return json.length <= SHOWN_MAX ? json : `${json.slice(0, SHOWN_MAX)}…`;
};

const dotted = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`)).join("");

const bound = (issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, words: "at least" | "at most"): string => {
  const limit = String(issue.code === "too_small" ? issue.minimum : issue.maximum);
  if (issue.origin === "string") return `must have ${words} ${limit} character${limit === "1" ? "" : "s"}`;
  if (issue.origin === "array") return `must have ${words} ${limit} entries`;
  return `must be ${words} ${limit}`;
};

/** What a field must be: "must be a string". */
const demand = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${articles[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return bound(issue, "at least");
    case "too_big":
      return bound(issue, "at most");
    case "invalid_union":
      return issue.message.startsWith("must be") ? issue.message : "must be a whole number or a string";
    case "invalid_format":
    case "invalid_key":
    case "invalid_element":
    case "not_multiple_of":
    case "unrecognized_keys":
    case "custom":
      return issue.message;
    default:
      return assertNever(issue);
  }
};

const sentence = (root: unknown, issue: z.core.$ZodIssue): string => {
  const field = dotted(issue.path);
  const value = valueAt(root, issue.path);
  const wanted = demand(issue);
  if (value === undefined) return `${field} is missing: it ${wanted}.`;
  if (isSecret(issue.path)) return `${field} ${wanted}.`;
  return `${field} is ${shown(value)}, but ${wanted.startsWith(field) ? wanted : `it ${wanted}`}.`;
};

/** Of `spec.values`: a release record with more in it is not read again, and it holds the values of the chart, too. */
const MAX_VALUES = 150_000;

/** Fields that nobody but helm looks into. */
const OPAQUE = ["values", "install"];

const tooLarge = (spec: unknown): readonly string[] =>
  Object.entries(isRecord(spec) ? spec : {}).flatMap(([field, value]) => {
    if (!(value instanceof HeldJson)) return [];
    if (value.isTooDeep)
      return [`spec.${field} is nested ${String(value.depth)} levels deep, but the limit is ${String(MAX_DEPTH)}: reduce the nesting.`];
    if (field === "values" && value.values > MAX_VALUES)
      return [`spec.values holds ${String(value.values)} values, but the limit is ${String(MAX_VALUES)}: remove what is not needed.`];
    return OPAQUE.includes(field) ? [] : [`spec.${field} holds more than ${String(HELD_VALUES)} values: leave out what is not needed.`];
  });

/** Of values, and of what is held as text, no more is asked than that they are objects; nobody looks into them at every pass. */
const withoutOpaque = (spec: unknown): unknown =>
  isRecord(spec) ? Object.fromEntries(Object.entries(spec).map(([field, value]) => [field, isOpaque(field, value) ? {} : value])) : spec;

const isOpaque = (field: string, value: unknown): boolean => value instanceof HeldJson || (OPAQUE.includes(field) && isRecord(value));

/**
 * One sentence a problem, each naming field, value and remedy; empty when the spec is good.
 * The API server checks all of it but untyped unions (`spec.test`) when the object is written; what was stored before it knew a rule is
 * checked here.
 * @param kind e.g. `ArmadaChart`; an unknown kind is a problem of its own
 * @param object the whole object; only `spec` is looked at
 */
export const validateSpec = (kind: string, object: unknown): readonly string[] => {
  const definition = KINDS.find(({ resource }) => resource.kind === kind);
  if (definition === undefined) return [`kind is ${shown(kind)}, but it must be one of ${KINDS.map(({ resource }) => resource.kind).join(", ")}.`];
  const spec = valueAt(object, ["spec"]);
  if (spec === undefined) return ["spec is missing: it must be an object."];
  const large = tooLarge(spec);
  if (large.length > 0) return large;
  const result = definition.spec.safeParse(withoutOpaque(spec));
  if (result.success) return [];
  return result.error.issues.map((issue) => sentence({ spec }, { ...issue, path: ["spec", ...issue.path] }));
};
