import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Values } from "../driver.ts";
import { madeFrom } from "./stored-inputs.ts";

let folder = "";

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stored-inputs-"));
  await write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n");
  await write("values.yaml", "replicas: 1\n");
  await write("templates/web.yaml", "kind: Deployment\n");
  await write("README.md", "web\n");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** As helm stores a release of the chart above. */
const stored = (over: Readonly<Record<string, unknown>> = {}, config: unknown = { replicas: 2 }) => ({
  name: "web",
  config,
  chart: {
    metadata: { name: "web", version: "1.2.3", apiVersion: "v2" },
    templates: [{ name: "templates/web.yaml", data: base64("kind: Deployment\n") }],
    files: [{ name: "README.md", data: base64("web\n") }],
    values: { replicas: 1 },
    schema: null,
    ...over,
  },
});

const cases: readonly (readonly [string, ReturnType<typeof stored>, Values, boolean])[] = [
  ["the same chart and values", stored(), { replicas: 2 }, true],
  ["other values", stored(), { replicas: 3 }, false],
  ["no values where none are wanted", stored({}, null), {}, true],
  ["another template", stored({ templates: [{ name: "templates/web.yaml", data: base64("kind: Job\n") }] }), { replicas: 2 }, false],
  ["a template that the folder lacks", stored({ templates: [{ name: "templates/old.yaml", data: "" }] }), { replicas: 2 }, false],
  ["a file that the record lacks", stored({ files: [] }), { replicas: 2 }, false],
  ["other defaults", stored({ values: { replicas: 5 } }), { replicas: 2 }, false],
  ["another version", stored({ metadata: { name: "web", version: "1.2.4" } }), { replicas: 2 }, false],
  ["a schema that the folder lacks", stored({ schema: base64("{}") }), { replicas: 2 }, false],
];

test.each(cases)("madeFrom judges %s", async (_what, release, values, expected) => {
  expect(await madeFrom(release, folder, values)).toBe(expected);
});

test("madeFrom never matches a chart with subcharts, which the record does not hold", async () => {
  await write("charts/db/Chart.yaml", "name: db\n");
  expect(await madeFrom(stored(), folder, { replicas: 2 })).toBe(false);
});
