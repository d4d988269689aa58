import { expect, test } from "@jest/globals";
import { outsideReferenceIn } from "./schema-references.ts";

const DRAFT_7 = { $schema: "http://json-schema.org/draft-07/schema#" };

test.each<[string, unknown, string | undefined]>([
  ["no reference", { type: "object", properties: { image: { type: "string" } } }, undefined],
  ["what is no schema", ["$ref"], undefined],
  ["its own definitions", { ...DRAFT_7, definitions: { a: {} }, properties: { a: { $ref: "#/definitions/a" }, b: { $ref: "#" } } }, undefined],
  ["the schema of schemas", { properties: { a: { $ref: "http://json-schema.org/draft-07/schema#" } } }, undefined],
  ["a draft that helm does not have", { $schema: "http://json-schema.org/draft-05/schema#" }, "http://json-schema.org/draft-05/schema#"],
  ["a $schema elsewhere", { properties: { a: { $schema: "http://127.0.0.1:1/s" } } }, "http://127.0.0.1:1/s"],
  ["a URL", { properties: { a: { $ref: "https://example.org/a.json#/b" } } }, "https://example.org/a.json#/b"],
  ["a URL in capitals", { items: [{ allOf: [{ $ref: "HTTP://example.org" }] }] }, "HTTP://example.org"],
  ["a URL without its scheme", { $ref: "//example.org/a" }, "//example.org/a"],
  ["a file", { not: { $ref: "file:///etc/hostname" } }, "file:///etc/hostname"],
  ["a path", { not: { $ref: "/etc/hostname" } }, "/etc/hostname"],
  ["a file beside it", { not: { $ref: "other.json" } }, "other.json"],
  ["a path from its $id", { $id: "https://example.org/schema", not: { $ref: "definitions.json" } }, "definitions.json"],
  ["a $dynamicRef", { not: { $dynamicRef: "http://example.org/a" } }, "http://example.org/a"],
  ["a $recursiveRef", { not: { $recursiveRef: "http://example.org/a" } }, "http://example.org/a"],
  ["a scheme that helm does not open", { not: { $ref: "urn:example:a" } }, undefined],
  ["a property of that name", { properties: { $ref: { type: "string" }, $schema: { type: "string" } } }, undefined],
  ["a default that holds one", { default: { $ref: "http://example.org/a" }, enum: [{ $schema: "https://example.org/b" }] }, undefined],
  ["a property called default", { properties: { default: { $ref: "http://example.org/a" } } }, "http://example.org/a"],
  [
    "a default that a reference makes a schema",
    { properties: { a: { default: { $ref: "http://example.org/a" } }, b: { $ref: "#/properties/a/default" } } },
    "http://example.org/a",
  ],
  [
    "the same in other letters",
    { properties: { a: { default: { $ref: "http://example.org/a" } }, b: { $ref: "#%2Fproperties%2Fa%2Fdefault" } } },
    "http://example.org/a",
  ],
  [
    "properties that a reference makes a schema",
    { properties: { properties: { default: { $ref: "http://example.org/a" } } }, not: { $ref: "#/properties" } },
    "http://example.org/a",
  ],
  ["a definition by its $id", { $defs: { a: { $id: "https://example.org/a" } }, not: { $ref: "https://example.org/a#/x" } }, undefined],
  ["definitions by their file names", { $defs: { a: { $id: "a.json", not: { $ref: "b.json" } }, b: { $id: "b.json" } } }, undefined],
  ["the same in $defs of draft 7", { ...DRAFT_7, $defs: { a: { $id: "a.json" } }, not: { $ref: "a.json" } }, "a.json"],
  ["an $id of draft 4", { $schema: "http://json-schema.org/draft-04/schema", definitions: { a: { $id: "a" } }, not: { $ref: "a" } }, "a"],
  ["an $id beside a $ref", { definitions: { a: { $id: "http://x.org/a", $ref: "#" } }, not: { $ref: "http://x.org/a" } }, "http://x.org/a"],
  ["an $id that is a value", { default: { $id: "http://x.org/a" }, not: { $ref: "http://x.org/a" } }, "http://x.org/a"],
  ["a file name below another folder", { $defs: { a: { $id: "a" } }, not: { $id: "http://x.org/b/", not: { $ref: "a" } } }, "a"],
  ["a URL that only looks the same", { $defs: { a: { $id: "http://x.org/a" } }, not: { $ref: "http://X.org/a" } }, "http://X.org/a"],
])("of %s", (_title, schema, expected) => {
  expect(outsideReferenceIn(schema)?.target).toBe(expected);
});
