import { describe, expect, it } from "@jest/globals";
import { readChartMetadata } from "./chart.ts";
import type { ChartFile } from "./files.ts";
import { checkLock, lockDigests } from "./lock.ts";
import { readRequirements } from "./requirements.ts";

type Texts = Readonly<Record<string, string>>;

const filesOf = (texts: Texts): readonly ChartFile[] => Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
const chart = (...dependencies: readonly object[]): string => JSON.stringify({ apiVersion: "v2", name: "web", version: "0.1.0", dependencies });
const COMMON = { name: "common", version: ">=1", repository: "file://../common" };
const DB = { name: "db", version: "1", repository: "" };

it("is not read from what costs more to read than a Chart.yaml may", () => {
  const costly = `x: [${"[],".repeat(15_000)}]`;
  for (const path of ["requirements.yaml", "charts/x/Chart.yaml"])
    expect(() => readChartMetadata(filesOf({ "Chart.yaml": chart(COMMON).replace("v2", "v1"), [path]: costly }), "x")).toThrow(
      expect.objectContaining({ reason: "TooLarge", class: "terminal", message: expect.stringMatching(`^x: ${path} has more than `) }),
    );
});

describe("what a chart lacks", () => {
  const lacks = (texts: Texts) => readChartMetadata(filesOf(texts), "x").lacks;

  it.each<readonly [string, Texts, readonly string[] | undefined]>([
    ["no list", { "Chart.yaml": "name: web\nversion: 1" }, undefined],
    ["an empty list", { "Chart.yaml": chart() }, undefined],
    ["what is no list", { "Chart.yaml": "name: web\nversion: 1\ndependencies: {a: 1}" }, undefined],
    ["all of them", { "Chart.yaml": chart(COMMON, DB) }, ["common", "db"]],
    ["a folder", { "Chart.yaml": chart(COMMON, DB), "charts/x/Chart.yaml": "name: common" }, ["db"]],
    ["a folder of another version", { "Chart.yaml": chart(COMMON), "charts/common/Chart.yaml": "name: common\nversion: 0.1.0" }, undefined],
    ["a folder of another name", { "Chart.yaml": chart(COMMON), "charts/common/Chart.yaml": "name: other" }, ["common"]],
    ["a folder that helm passes over", { "Chart.yaml": chart(COMMON), "charts/_common/Chart.yaml": "name: common" }, ["common"]],
    ["an archive", { "Chart.yaml": chart(COMMON), "charts/common-1.0.0-rc.1+b.tgz": "" }, undefined],
    ["an archive of a longer name", { "Chart.yaml": chart(COMMON), "charts/common-2-1.0.0.tgz": "" }, ["common"]],
    ["a chart below a chart", { "Chart.yaml": chart(COMMON), "charts/db/charts/common/Chart.yaml": "name: common" }, ["common"]],
    ["the same chart twice", { "Chart.yaml": chart(COMMON, { ...COMMON, alias: "two" }) }, ["common"]],
    ["requirements.yaml", { "Chart.yaml": "name: web\nversion: 1", "requirements.yaml": chart(COMMON) }, ["common"]],
    ["both lists", { "Chart.yaml": chart(DB), "requirements.yaml": chart(COMMON) }, ["common"]],
    ["both, one empty", { "Chart.yaml": chart(DB), "requirements.yaml": "dependencies:" }, undefined],
    ["a broken requirements.yaml", { "Chart.yaml": chart(DB), "requirements.yaml": "a: [" }, ["db"]],
  ])("is told of %s", (_what, texts, expected) => {
    expect(lacks(texts)).toEqual(expected);
  });
});

/** Digests are those that helm 3.22 wrote. */
describe("a lock", () => {
  const rich = `
dependencies:
  - name: common
    version: ">=1.0 <2"
    repository: file://../common
    tags: [front, 1]
    import-values:
      - data
      - {parent: a&b, child: "<x>", n: 1.50, deep: {z: 1, a: [true, null, 1e21]}}
  - {name: db, version: 1.2, repository: "file://../db", condition: db.enabled, alias: primary}
  - {name: db, version: "*", repository: "file://../db", enabled: true, alias: second}
`;
  const locked = (digest: string, ...entries: readonly string[]): string =>
    JSON.stringify({
      digest: `sha256:${digest}`,
      dependencies: entries.map((name) => ({ name, repository: `file://../${name}`, version: "1.2.0" })),
    });
  const RICH = locked("a20e4393d06a136d0946738b851f7c2def189229cfe203a44200a8cec5443712", "common", "db", "db");
  const OLD = locked("22cc00444494ea12422924b61526fe8655156cf372a33a1b3258c74865273309", "common");
  const v2 = `apiVersion: v2\nname: web\nversion: 0.1.0${rich}`;
  const v1 = {
    "Chart.yaml": "name: old\nversion: 0.1.0",
    "requirements.yaml": "dependencies:\n- name: common\n  version: ^1\n  repository: file://../common\n",
  };
  const check = (texts: Texts) => () => checkLock(readRequirements(filesOf(texts), "x"), 'chart "web"');
  const byHelm2 = (texts: Texts): Texts => ({
    ...texts,
    "requirements.lock": JSON.stringify({ digest: lockDigests(readRequirements(filesOf(texts), "x"))[1], dependencies: [] }),
  });

  it.each<readonly [string, Texts]>([
    ["Chart.lock", { "Chart.yaml": v2, "Chart.lock": RICH }],
    ["requirements.lock", { ...v1, "requirements.lock": OLD }],
    ["requirements.lock of helm 2", byHelm2(v1)],
    ["requirements.lock before Chart.lock", { ...v1, "Chart.lock": RICH, "requirements.lock": OLD }],
    ["none", { "Chart.yaml": v2 }],
    ["one that is empty", { "Chart.yaml": v2, "Chart.lock": "null" }],
  ])("agrees with the list: %s", (_what, texts) => {
    expect(check(texts)).not.toThrow();
  });

  it.each<readonly [string, Texts]>([
    ["a changed range", { "Chart.yaml": v2.replace("<2", "<3"), "Chart.lock": RICH }],
    ["a changed alias", { "Chart.yaml": v2.replace("second", "third"), "Chart.lock": RICH }],
    ["a changed version in it", { "Chart.yaml": v2, "Chart.lock": RICH.replace("1.2.0", "1.2.1") }],
    ["the digest of helm 2 in a new chart", { "Chart.yaml": v2, "Chart.lock": byHelm2({ "Chart.yaml": v2 })["requirements.lock"] ?? "" }],
    ["no digest", { "Chart.yaml": v2, "Chart.lock": "dependencies: []" }],
  ])("is refused with %s", (_what, texts) => {
    expect(check(texts)).toThrow(
      'chart "web": its Chart.lock is out of sync with the dependencies in Chart.yaml: run helm dependency update and keep both files',
    );
  });

  it("of an old chart names the old files", () => {
    const changed = { ...v1, "requirements.yaml": v1["requirements.yaml"].replace("^1", "^2"), "requirements.lock": OLD };
    expect(check(changed)).toThrow("its requirements.lock is out of sync with the dependencies in requirements.yaml");
  });

  it("counts blanks and signs as helm cleans them", () => {
    const { dependencies } = readRequirements(filesOf({ "Chart.yaml": chart({ ...COMMON, name: "com\tmon\u200b", alias: "\u200b" }) }), "x");
    expect(dependencies).toMatchObject([{ name: "com mon", alias: "\u200b" }]);
  });
});
