import { describe, expect, it } from "@jest/globals";
import { compareVersions, parseStrictVersion, parseVersion, type Version } from "./version.ts";
import { parseRange, VersionRangeError } from "./version-range.ts";

const read = (text: string): Version => {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`${text} is not a version`);
  return version;
};

describe("parseVersion", () => {
  it.each(["1.2.3", "v1.2.3", "1", "1.2", "01.2.3", "1.2.3-rc.1", "1.2.3-x-y", "1.2.3+b.1", "18446744073709551615.0.0"])("reads %s", (text) => {
    expect(parseVersion(text)).toBeDefined();
  });

  it.each([
    "",
    "a",
    "1.2.3.4",
    "V1",
    "1.x",
    "1.2.3-",
    "1.2.3-01",
    "1.2.3-a..b",
    "1.2.3+",
    " 1",
    "1.2.3\n",
    "18446744073709551616.0.0",
    `1.2.3-${"a".repeat(251)}`,
  ])("does not read %j", (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  it.each([
    ["1.2.3", true],
    ["1.2.3-rc.1+b", true],
    ["1.2", false],
    ["v1.2.3", false],
    ["01.2.3", false],
    ["1.2.03", false],
  ])("takes %s strictly: %s", (text, strict) => {
    expect(parseStrictVersion(text) !== undefined).toBe(strict);
  });

  it("orders pre-releases before releases, numbers by value and before text", () => {
    const order = [
      "0.9.9",
      "1.0.0-1",
      "1.0.0-2",
      "1.0.0-10",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-beta",
      "1.0.0",
      "1.0.1",
      "1.1.0",
      "2.0.0",
      "10.0.0",
    ];
    expect(order.toReversed().sort((a, b) => compareVersions(read(a), read(b)))).toEqual(order);
    expect(compareVersions(read("1.0.0+a"), read("1.0.0+b"))).toBe(0);
  });
});

describe("parseRange", () => {
  it.each([
    ["*", "0.1.0 1.2.3 10.0.0", "1.0.0-rc.1"],
    ["1.2.3", "1.2.3 1.2.3+b", "1.2.4 1.2.3-rc.1"],
    ["=1.2", "1.2.0 1.2.9", "1.3.0"],
    ["1", "1.0.0 1.9.9", "2.0.0 0.9.0"],
    ["1.2.x", "1.2.0 1.2.9", "1.3.0 1.2.0-a"],
    ["!=1.2.3", "1.2.4", "1.2.3"],
    ["!=1.2", "1.3.0 2.0.0", "1.2.0 1.2.9"],
    [">11", "12.0.0", "11.1.0 11.0.0"],
    [">11.1", "11.2.0", "11.1.5"],
    [">1.2.3", "1.2.4", "1.2.3"],
    ["<=11", "11.9.9 10.0.0", "12.0.0"],
    ["<=1.2", "1.2.9 1.1.0", "1.3.0"],
    ["=>1.2.3", "1.2.3", "1.2.2"],
    ["=<1.2.3", "1.2.3", "1.2.4"],
    ["~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"],
    ["~>1", "1.9.0", "2.0.0"],
    ["~0.0.0", "0.5.0 3.0.0", ""],
    ["^1.2.3", "1.2.3 1.9.0", "2.0.0 1.2.2"],
    ["^0.2.3", "0.2.3 0.2.9", "0.3.0"],
    ["^0.0.3", "0.0.3", "0.0.4"],
    ["^0.0", "0.0.9", "0.1.0"],
    ["^0", "0.9.0", "1.0.0"],
    [">=1.0, <2.0", "1.0.0 1.9.9", "2.0.0 2.0.0-rc.1 0.9.0"],
    [">=1.0 <2.0", "1.5.0", "2.0.0"],
    ["1.0 - 2.0", "1.0.0 2.0.9", "2.1.0 0.9.9"],
    ["^1 || ^3", "1.2.0 3.4.0", "2.0.0"],
    [">=1.0.0-0", "1.0.0-rc.1 1.0.0 2.0.0-a", "0.9.0"],
    [">=1.0.0-0 <2.0.0", "1.5.0-rc.1 2.0.0-rc.1", "2.0.0"],
    ["^1.0.0-0 || ^2", "1.5.0-rc.1 2.1.0", "2.1.0-rc.1"],
    ["v1.2.3", "1.2.3", "1.2.4"],
    [" >= 1.2 , < 2 ", "1.2.0", "2.0.0"],
  ])("%s", (range, inside, outside) => {
    const contains = parseRange(range);
    const wanted = [...inside.split(" ").map((text) => [text, true]), ...(outside === "" ? [] : outside.split(" ")).map((text) => [text, false])];
    expect(wanted.map(([text]) => [text, contains(read(String(text)))])).toEqual(wanted);
  });

  it.each([
    "",
    " ",
    "a",
    "1.2.3.4",
    ">",
    "==1",
    "><1",
    "1,",
    ",1",
    "1,,2",
    "1 ||",
    "|| 1",
    "1-",
    "1x",
    "1.0 -2.0",
    "-1",
    "--version",
    "$(id)",
    "x".repeat(513),
    Array(33).fill("1").join("||"),
  ])("does not take %j", (range) => {
    expect(() => parseRange(range)).toThrow(VersionRangeError);
  });

  it.each([`${"1  ".repeat(170)}!`, "1 - ".repeat(120), `1.1-a${".a".repeat(250)}!`, `1-${"-".repeat(505)}!`])(
    "does not take for ever over %j",
    (range) => {
      expect(() => parseRange(range)).toThrow(VersionRangeError);
    },
  );
});
