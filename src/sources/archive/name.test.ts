import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { heldChartsOn } from "./name.ts";
import { temporaryFolder, writeTree } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";

const { signal } = new AbortController();
const CHART = { "blog/Chart.yaml": "name: blog\nversion: 0.1.0\n" };
const PADDING = { "blog/padding": "0".repeat(9 * 2 ** 20) };
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => {
  temporary = await temporaryFolder();
  await writeTree(temporary.path, { "charts/.keep": "" });
});
afterEach(() => temporary.remove());

const namesOf = async (archives: Readonly<Record<string, Buffer>>) => {
  for (const [entry, bytes] of Object.entries(archives)) await writeFile(join(temporary.path, "charts", entry), bytes);
  const files = Object.entries(archives).map(([entry, bytes]) => ({ path: `charts/${entry}`, bytes }));
  return Object.fromEntries((await heldChartsOn({ folder: temporary.path, files, what: "chart" }, signal)).map(({ entry, name }) => [entry, name]));
};

test("an archive is the chart that is in it, whatever it is called", async () => {
  const archives = { "x.tgz": chartTgz(CHART), "db-1.0.0.tgz": chartTgz({ ...CHART, ...PADDING }), "y.tgz": chartTgz({ "Chart.yaml": "name: top" }) };
  expect(await namesOf(archives)).toEqual({ "x.tgz": "blog", "db-1.0.0.tgz": "blog", "y.tgz": undefined });
});

test("an archive that cannot be read so far is what its name says", async () => {
  const bomb = chartTgz({ ...PADDING, ...CHART });
  const archives = { "db-1.0.0.tgz": Buffer.from("x"), "my-db-1.0.0-rc.1.tgz": bomb, "db.tgz": bomb };
  expect(await namesOf(archives)).toEqual({ "db-1.0.0.tgz": "db", "my-db-1.0.0-rc.1.tgz": "my-db", "db.tgz": undefined });
});

test("an archive whose Chart.yaml costs too much to read is what its name says, and spoils nothing", async () => {
  const costly = chartTgz({ "blog/Chart.yaml": `name: blog\nx: [${"[],".repeat(15_000)}]` });
  expect(await namesOf({ "db-1.0.0.tgz": costly, "x.tgz": chartTgz(CHART) })).toEqual({ "db-1.0.0.tgz": "db", "x.tgz": "blog" });
});

test("of many archives a hundred are looked into", async () => {
  const archives = Object.fromEntries(Array.from({ length: 102 }, (_, at) => [`x${at}-1.0.0.tgz`, chartTgz(CHART)] as const));
  const names = Object.values(await namesOf(archives));
  expect(names.slice(0, 100)).toEqual(names.slice(0, 100).map(() => "blog"));
  expect(names.slice(100)).toEqual(["x100", "x101"]);
});
