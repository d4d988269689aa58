import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { GENERATE, crdFiles, crdOf } from "./crd.ts";
import { INERT } from "./inert.ts";
import { KINDS } from "./kinds.ts";

const folder = join(import.meta.dirname, "../../../crds");

describe("crds/", () => {
  test("holds what the schema says", async () => {
    const found = await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const));
    const files = crdFiles();
    const stale = [...new Set([...files.keys(), ...found.map(([name]) => name)])].filter((name) => files.get(name) !== new Map(found).get(name));
    if (stale.length > 0) throw new Error(`Stale: crds/${stale.join(", crds/")}. Run \`${GENERATE}\`.`);
  });

  test("stays far below what client-side apply can annotate", () => {
    for (const text of crdFiles().values()) expect(text.length).toBeLessThan(100_000);
  });
});

describe("crdOf", () => {
  test.each([
    ["ArmadaChart", "act: State Target State Satisfied Reason Release* Revision* Waiting For* Owners* Age"],
    ["ArmadaChartGroup", "acg: State Target State Satisfied Reason Progress Waiting For* Owners* Age"],
    ["ArmadaManifest", "amf: State Target State Satisfied Reason Progress Waiting For* Owners* Age"],
  ])("gives %s its short name and columns; * marks wide ones", (kind, expected) => {
    const crds = KINDS.filter(({ resource }) => resource.kind === kind).map(crdOf);
    const summary = crds.map(({ spec }) => {
      const columns = (spec.versions[0]?.additionalPrinterColumns ?? []).map((column) => `${column.name}${"priority" in column ? "*" : ""}`);
      return `${spec.names.shortNames.join(",")}: ${columns.join(" ")}`;
    });
    expect(summary).toEqual([expected]);
  });

  test.each(KINDS.map((kind) => [kind.resource.kind, kind] as const))("of %s lets kubectl explain say which fields have no effect", (name, kind) => {
    const notes = [...JSON.stringify(crdOf(kind).spec).matchAll(/ No effect: it ([^"]+)\."/g)].map(([, because = ""]) => because);
    expect(notes.toSorted()).toEqual((INERT[name] ?? []).map(({ because }) => because).toSorted());
  });

  test("writes no defaults, which the API server would put into objects", () => {
    expect([...crdFiles().values()].join("\n")).not.toMatch(/^\s+default:/mu);
  });
});
