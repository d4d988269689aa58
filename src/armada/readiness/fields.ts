import type { DynamicObject } from "../../runtime/object.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Readers of objects whose shape nobody vouches for: what is missing or of another type is as if it were not there. Nothing here throws. */
export const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

export const numberOf = (value: unknown): number | undefined => (typeof value === "number" && Number.isFinite(value) ? value : undefined);

/** The members of `value` whose values are strings. */
export const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

export const statusOf = (object: DynamicObject): Fields => fieldsOf(object["status"]);

export const specOf = (object: DynamicObject): Fields => fieldsOf(object["spec"]);

export interface ConditionFacts {
  readonly status: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly observedGeneration: number | undefined;
}

/** The condition of that type in `status.conditions`. */
export const conditionOf = (object: DynamicObject, type: string): ConditionFacts | undefined => {
  const found = listOf(statusOf(object)["conditions"])
    .map(fieldsOf)
    .find((condition) => condition["type"] === type);
  if (found === undefined) return undefined;
  return {
    status: textOf(found["status"]) ?? "Unknown",
    reason: textOf(found["reason"]),
    message: textOf(found["message"]),
    observedGeneration: numberOf(found["observedGeneration"]),
  };
};

/** `group` of `group/version`; the core group is `""`. */
export const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "");
