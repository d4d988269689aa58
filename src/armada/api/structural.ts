import { z } from "zod";
import { PRESERVE, VALIDATIONS } from "./fields.ts";

/** A structural OpenAPI v3 schema, as `apiextensions.k8s.io/v1` takes it. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** As far as types can tell; the acceptance test hands the result to an API server, which refuses what is not structural. */
const isStructural = (schema: object): schema is StructuralSchema => !("$ref" in schema) && !("oneOf" in schema);

/**
 * zod → structural schema. What JSON Schema says and a structural schema may not, goes:
 * unions beside an `x-kubernetes-*` extension, open objects, patterns that a CEL rule with a better message replaces.
 */
export const structural = (schema: z.ZodType): StructuralSchema => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    override: ({ jsonSchema }) => {
      delete jsonSchema.propertyNames;
      if (PRESERVE in jsonSchema) delete jsonSchema.anyOf;
      if (PRESERVE in jsonSchema || jsonSchema.properties !== undefined) delete jsonSchema.additionalProperties;
      if (VALIDATIONS in jsonSchema) delete jsonSchema.pattern;
    },
  });
  if (!isStructural(json)) throw new TypeError("zod made a schema with a reference or a union at its root");
  return json;
};

/** Dotted paths of what an object can hold: maps, lists, opaque objects and scalars end a path. */
export const leaves = (schema: StructuralSchema, path = ""): readonly string[] =>
  schema.properties === undefined
    ? [path]
    : Object.entries(schema.properties).flatMap(([name, child]) => leaves(child, path === "" ? name : `${path}.${name}`));
