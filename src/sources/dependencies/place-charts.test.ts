import { describe, expect, it } from "@jest/globals";
import type { ChartFile } from "../chart/files.ts";
import { heldCharts } from "../chart/held.ts";
import { placeCharts } from "./place-charts.ts";

const filesOf = (texts: Readonly<Record<string, string>>): readonly ChartFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));

const common = { name: "common", version: "2.0.0", files: filesOf({ "Chart.yaml": "name: common", "templates/_a.tpl": "new" }) };
const PLACED = ["charts/common/Chart.yaml", "charts/common/templates/_a.tpl"];

/** Archives are called what their text says. */
const place = (texts: Readonly<Record<string, string>>, charts = [common], limits = { entries: 10, totalBytes: 1000, fileBytes: 100 }) => {
  const files = filesOf({ "Chart.yaml": "name: web", ...texts });
  const held = heldCharts(files, "x").map(({ entry, name }) => ({ entry, name: texts[`charts/${entry}`] ?? name }));
  return placeCharts({ files, held, charts, what: 'chart "web"', limits }).map(({ path }) => path);
};

describe("placeCharts", () => {
  it.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ["a chart without any", {}, PLACED],
    ["one of its name, with what only that has", { "charts/common/Chart.yaml": "name: common", "charts/common/old.yaml": "" }, PLACED],
    ["one of its name in another folder", { "charts/lib/Chart.yaml": "name: common" }, PLACED],
    ["an archive of its name", { "charts/common-1.0.0.tgz": "common" }, PLACED],
    ["an archive of its name that is called otherwise", { "charts/x.tgz": "common" }, PLACED],
    ["what is left of one", { "charts/common/README.md": "" }, PLACED],
    ["an archive of another name", { "charts/common-2-1.0.0.tgz": "common-2" }, ["charts/common-2-1.0.0.tgz", ...PLACED]],
    ["others", { "charts/db/Chart.yaml": "name: db", "charts/README.md": "" }, ["charts/db/Chart.yaml", "charts/README.md", ...PLACED]],
    [
      "another in the folder of its name",
      { "charts/common/Chart.yaml": "name: db" },
      ["charts/common/Chart.yaml", "charts/common-2/Chart.yaml", "charts/common-2/templates/_a.tpl"],
    ],
  ])("places a chart beside %s", (_what, texts, expected) => {
    expect(place(texts)).toEqual(["Chart.yaml", ...expected]);
  });

  it("leaves .helmignore out, which helm would apply to what is placed", () => {
    expect(place({ ".helmignore": "*.tpl" })).toEqual(["Chart.yaml", ...PLACED]);
  });

  it("places versions of one chart beside one another", () => {
    const older = { ...common, version: "1.0.0", files: filesOf({ "Chart.yaml": "name: common" }) };
    expect(place({}, [common, older])).toEqual(["Chart.yaml", ...PLACED, "charts/common-2/Chart.yaml"]);
  });

  it.each([
    [{ entries: 5, totalBytes: 1000, fileBytes: 100 }, "more than 5 entries with the charts it depends on"],
    [{ entries: 10, totalBytes: 20, fileBytes: 100 }, "more than 20 bytes with the charts it depends on"],
  ])("refuses what is together beyond %j", (limits, message) => {
    expect(() => place({}, [common], limits)).toThrow(`chart "web" has ${message}`);
    expect(place({}, [], limits)).toEqual(["Chart.yaml"]);
  });
});
