import { expect, test } from "@jest/globals";
import { gzipSync } from "node:zlib";
import { tarOf, type TestEntry, tgzOf } from "../testing/archive.ts";
import { judgeSchemas } from "./schemas.ts";

const OUT = JSON.stringify({ properties: { a: { $ref: "http://127.0.0.1:1/x?token=y" } } });
const REMEDY = 'which helm would open: copy what it refers to into "definitions" of the same file and refer to it as "#/definitions/NAME"';
const REFUSED = `"$ref" is "http://127.0.0.1:1/x", ${REMEDY}`;

const judged = (files: Readonly<Record<string, string | Uint8Array>>): Promise<string> =>
  judgeSchemas(
    Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    new AbortController().signal,
  ).then(
    () => "taken",
    (error: unknown) => (error instanceof Error ? error.message : "?"),
  );

const archive = (...entries: readonly TestEntry[]): Buffer => tgzOf([{ path: "a/Chart.yaml", text: "name: a\n" }, ...entries]);

test.each<[string, Readonly<Record<string, string | Uint8Array>>, string]>([
  ["a chart without one", { "Chart.yaml": "", "templates/values.schema.json": OUT, "charts/_a/values.schema.json": OUT }, "taken"],
  ["the chart", { "values.schema.json": OUT }, `values.schema.json: ${REFUSED}`],
  ["the chart, with a byte order mark", { "values.schema.json": `\uFEFF${OUT}` }, `values.schema.json: ${REFUSED}`],
  ["a subchart of a subchart", { "charts/a/charts/b/values.schema.json": OUT }, `charts/a/charts/b/values.schema.json: ${REFUSED}`],
  [
    "an archive",
    { "charts/a-1.0.0.tgz": archive({ path: "a/values.schema.json", text: OUT }) },
    `values.schema.json in charts/a-1.0.0.tgz: ${REFUSED}`,
  ],
  [
    "an archive in an archive",
    { "charts/a.tgz": archive({ path: "a/charts/b.tgz", text: archive({ path: "b/values.schema.json", text: OUT }) }) },
    `values.schema.json in charts/b.tgz in charts/a.tgz: ${REFUSED}`,
  ],
  [
    "a name that was written on Windows",
    { "charts/a.tgz": archive({ path: "a/b\\values.schema.json", text: OUT }) },
    `values.schema.json in charts/a.tgz: ${REFUSED}`,
  ],
  [
    "a file that ends in a slash",
    { "charts/a.tgz": archive({ path: "a/values.schema.json/", text: "" }) },
    'charts/a.tgz: "a/values.schema.json/" is written as helm package does not write it: package it again',
  ],
  ["what is no archive", { "charts/a.tgz": "x" }, "taken"],
  ["a good archive", { "charts/a.tgz": archive({ path: "a/values.schema.json", text: "{}" }) }, "taken"],
  ["an archive with long names", { "charts/a.tgz": archive({ path: `a/templates/${"b".repeat(120)}.yaml`, text: "{}" }) }, "taken"],
  [
    "a damaged archive",
    { "charts/a.tgz": gzipSync(tarOf([{ path: "a/x", text: "y".repeat(2000) }]).subarray(0, 1024)) },
    "charts/a.tgz cannot be unpacked: it is not a tar archive, or it is corrupt",
  ],
  ["duplicate keys, of which the last counts", { "values.schema.json": '{"$ref":"http://x.org","$ref":"#"}' }, "taken"],
  [
    "a $schema",
    { "values.schema.json": '{"$schema":"file:///etc/hostname"}' },
    'values.schema.json: "$schema" is "file:///etc/hostname", which helm would open: use "http://json-schema.org/draft-07/schema#"',
  ],
])("of %s", async (_title, files, expected) => {
  expect(await judged(files)).toBe(expected);
});

test.each([
  ["text after the JSON, which helm passes over", `${OUT} x`, /^values.schema.json cannot be read as JSON: .*: correct it, or remove it/],
  ["depth", `${"[".repeat(300)}${"]".repeat(300)}`, /it is nested more than 200 levels deep: correct it/],
])("a schema that cannot be judged is refused: %s", async (_title, text, expected) => {
  expect(await judged({ "values.schema.json": text })).toMatch(expected);
});

test("archives are looked into up to a depth", async () => {
  let inner = archive({ path: "a/values.schema.json", text: "{}" });
  for (let depth = 0; depth < 8; depth++) inner = archive({ path: "a/charts/a.tgz", text: inner });
  expect(await judged({ "charts/a.tgz": inner })).toMatch(/archives are nested more than 8 deep: unpack them, or leave out/);
});
