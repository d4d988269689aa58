import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { chartTgz } from "../../../src/sources/testing/archive.ts";
import { startBadDays, type BadDays } from "../../testing/charts/bad-days.ts";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { DEPLOYED } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { helmCli } from "../../testing/operator/helm-cli.ts";
import { serveFiles, type FileServer } from "../../testing/servers/file-server.ts";

jest.setTimeout(60_000);

let site: BadDays;
let space: Space;
let server: FileServer;

const LOCAL = {
  $schema: "http://json-schema.org/draft-07/schema#",
  definitions: { text: { type: "string" } },
  properties: { text: { $ref: "#/definitions/text" }, more: { $ref: "http://json-schema.org/draft-07/schema#" } },
};
const schemaOf = (reference: string): string => JSON.stringify({ properties: { text: { $ref: reference } } });

/** Charts whose schema, or that of a chart in them, refers to the server, by where it stands. */
const HOSTILE = ["chart", "subchart", "archive"] as const;

beforeAll(async () => {
  server = await serveFiles();
  server.files.set("text.json", '{"type":"string"}');
  const out = schemaOf(`${server.url}/text.json`);
  site = await startBadDays(async (charts) => {
    const write = (name: string, more: Readonly<Record<string, string>>) =>
      charts.write(name, { "map.yaml": CONFIG_MAP, ...more }, { values: { text: "a", sub: { text: "a" } } });
    await write("chart", { "../values.schema.json": out });
    await write("subchart", { "../charts/sub/Chart.yaml": "{apiVersion: v2, name: sub, version: 0.1.0}", "../charts/sub/values.schema.json": out });
    await write("archive", {});
    await mkdir(join(charts.path, "archive/charts"));
    const archive = chartTgz({ "sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n", "sub/values.schema.json": out });
    await writeFile(join(charts.path, "archive/charts/sub-0.1.0.tgz"), archive);
    await write("file", { "../values.schema.json": schemaOf("file:///etc/hostname") });
    await write("local", { "../values.schema.json": JSON.stringify(LOCAL) });
  });
  space = await site.space();
}, 60_000);

afterAll(async () => {
  await site?.stop();
  await server?.close();
}, 30_000);

test.each(HOSTILE)("helm would open what a schema refers to, of the %s", async (name) => {
  const before = server.asked.length;
  await helmCli(site.charts.path).helm("template", join(site.charts.path, name));
  expect(server.asked.slice(before)).toEqual(["GET /text.json"]);
});

test("helm would open a file, too", async () => {
  await expect(helmCli(site.charts.path).helm("template", join(site.charts.path, "file"))).rejects.toThrow("file:///etc/hostname");
});

test("such a chart is refused before helm runs, and says which file refers to what", async () => {
  const before = server.asked.length;
  for (const name of [...HOSTILE, "file"]) {
    await space.apply(name, { chart: name });
    const status = await space.status(name, { actual_state: "error", reason: "SourceError" });
    const stalled = status.conditions?.find(({ type }) => type === "Stalled");
    const target = name === "file" ? "file:///etc/hostname" : `${server.url}/text.json`;
    expect(stalled?.message).toContain(`"$ref" is "${target}", which helm would open: copy what it refers to into "definitions"`);
    expect(stalled?.message).toContain("values.schema.json");
  }
  await site.calm();
  expect(server.asked.slice(before)).toEqual([]);
});

test("a chart is installed whose schema refers to itself and to the schema of schemas", async () => {
  await space.apply("local", { chart: "local" });
  await space.status("local", DEPLOYED);
});
