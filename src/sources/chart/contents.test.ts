import { expect, test } from "@jest/globals";
import { contentsOf } from "./contents.ts";

test.each([
  ["a chart, without its subcharts", ["r-1/README", "r-1/blog/Chart.yaml", "r-1/blog/charts/db/Chart.yaml"], 'it contains the chart "r-1/blog"'],
  ["charts", ["web/Chart.yaml", "blog/Chart.yaml", "x/y"], 'it contains the charts "blog", "web"'],
  ["many charts", "abcdefg".split("").map((name) => `${name}/Chart.yaml`), 'it contains the charts "a", "b", "c", "d", "e" and 2 more'],
  ["folders", ["docs/a", "docs/b", "src/c/d", "README"], 'it contains no chart, but the folders "docs", "src"'],
  ["files", ["Chart.yml"], 'it contains no chart, but the file "Chart.yml"'],
  ["nothing", [], "it contains no files"],
])("of what is no chart a message says which %s it contains", (_, files, expected) => {
  expect(contentsOf(files)).toBe(expected);
});
