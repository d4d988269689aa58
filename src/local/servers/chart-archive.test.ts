import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { list } from "tar";
import { chartTgz } from "../../sources/testing/archive.ts";
import { timeless } from "./chart-archive.ts";

test("timeless gives every entry of an archive the same time, and changes nothing else of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "armada-timeless-"));
  const file = join(folder, "a.tgz");
  const texts = { "a/Chart.yaml": "name: a\n", "a/empty": "", "a/full-block": "x".repeat(512), "a/values.yaml": "y".repeat(513) };
  await writeFile(file, timeless(chartTgz(texts)));
  const found: unknown[] = [];
  const chunks = new Map<string, string>();
  await list({
    file,
    strict: true,
    onReadEntry: (entry) => {
      found.push([entry.path, entry.mtime?.toISOString()]);
      chunks.set(entry.path, "");
      entry.on("data", (chunk) => chunks.set(entry.path, `${chunks.get(entry.path) ?? ""}${chunk.toString()}`));
    },
  });
  expect(found).toEqual(Object.keys(texts).map((path) => [path, "2026-01-01T00:00:00.000Z"]));
  expect(Object.fromEntries(chunks)).toEqual(texts);
  await rm(folder, { recursive: true });
});
