import { describe, expect, it } from "@jest/globals";
import { parseYaml, parseYamlDocuments, YamlError } from "./yaml.ts";

/** What helm 3.22.0 makes of each text: `fromYaml (printf "v: %s" text)` in a template; undefined = helm refuses it. */
const RECORDED: readonly (readonly [text: string, value: unknown])[] = [
  ["yes", true],
  ["Yes", true],
  ["YES", true],
  ["no", false],
  ["NO", false],
  ["y", true],
  ["Y", true],
  ["n", false],
  ["N", false],
  ["on", true],
  ["On", true],
  ["OFF", false],
  ["off", false],
  ["oN", "oN"],
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["tRue", "tRue"],
  ["false", false],
  ["null", null],
  ["Null", null],
  ["NULL", null],
  ["~", null],
  ["nULL", "nULL"],
  ["", null],
  ["0", 0],
  ["-0", 0],
  ["+1", 1],
  ["007", 7],
  ["0777", 511],
  [`0x${"0".repeat(997)}f`, 15],
  [`0x${"0".repeat(998)}f`, `0x${"0".repeat(998)}f`],
  ["08", 8],
  ["0o17", 15],
  ["0O17", 15],
  ["0x1F", 31],
  ["0X1f", 31],
  ["0b101", 5],
  ["-0b11", -3],
  ["-0o7", -7],
  ["0b12", "0b12"],
  ["1_000", 1000],
  ["0x_ff", 255],
  ["1_", 1],
  ["_1", "_1"],
  ["-_1", -1],
  ["1e3", 1000],
  ["1E+3", 1000],
  ["1e400", "1e400"],
  ["1e-400", 0],
  ["1.", 1],
  [".5", 0.5],
  ["-.5", -0.5],
  ["+.5", 0.5],
  [".5_0", 0.5],
  ["5_0.5", 50.5],
  [".", "."],
  [".e1", ".e1"],
  ["1.5.2", "1.5.2"],
  ["1.2.3", "1.2.3"],
  ["3.14", 3.14],
  ["0777.5", 777.5],
  ["1:30", "1:30"],
  ["12:30:45", "12:30:45"],
  ["190:20:30.15", "190:20:30.15"],
  ["2001-12-14", "2001-12-14"],
  ["2001-12-14T21:59:43.10Z", "2001-12-14T21:59:43.10Z"],
  ["2001-12-14 21:59:43", "2001-12-14 21:59:43"],
  ["2001-1-1", "2001-1-1"],
  ["99999999999999999999", 100000000000000000000],
  ["9007199254740993", 9007199254740992],
  ["18446744073709551615", 18446744073709552000],
  ["-9223372036854775809", -9223372036854776000],
  ["0xFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF"],
  ["0x1p-2", "0x1p-2"],
  [".inf", undefined],
  ["-.Inf", undefined],
  [".nan", undefined],
  [".NaN", undefined],
  ["inf", "inf"],
  ["nan", "nan"],
  ['"yes"', "yes"],
  ["'0777'", "0777"],
  ["!!str yes", "yes"],
  ["!!str 12", "12"],
  ['!!int "3"', 3],
  ["!!int 0x10", 16],
  ["!!float 3", 3],
  ['!!float "1.5"', 1.5],
  ["!!bool yes", true],
  ["!!null ''", null],
  ["!!binary aGk=", "hi"],
  ["!!timestamp 2001-12-14", "2001-12-14"],
  ["!custom foo", "foo"],
  ["!custom {a: 1}", { a: 1 }],
  ["=", "="],
  ["<<", "<<"],
  ["- ", undefined],
  ["+", "+"],
  ["1,000", "1,000"],
  ["1 2", "1 2"],
  ["12abc", "12abc"],
  ["0x", "0x"],
  ["0b", "0b"],
  ["0o", "0o"],
  ["1e", "1e"],
  ["1e+", "1e+"],
  ["+e1", "+e1"],
  ["--1", "--1"],
  ["+-1", "+-1"],
  ["1..2", "1..2"],
  ["1._5", 1.5],
  ["-1_000.5e-2", -10.005],
  ["{a: yes, off: 1}", { a: true, false: 1 }],
  ["{yes: 1, 0777: 2, 1.50: 3, 1e3: 4, ~: 5}", undefined],
  ["{yes: 1, 0777: 2, 1.50: 3, 1e3: 4, 2001-12-14: 6}", { "511": 2, "1000": 4, "1.5": 3, "2001-12-14": 6, true: 1 }],
  ["[yes, 0x10, ~]", [true, 16, null]],
  ["{a: 1, a: 2}", { a: 2 }],
  ["{<<: {a: 1}, a: 2}", { a: 2 }],
  ["{a: 2, <<: {a: 1}}", { a: 1 }],
  ["{a: 2, <<: {a: 1, b: 3}, b: 4}", { a: 1, b: 4 }],
  ["{<<: [{a: 1}, {a: 2, b: 2}]}", { a: 1, b: 2 }],
  ["{a: 0, <<: [{a: 1}, {a: 2, b: 2}]}", { a: 1, b: 2 }],
  ['{"<<": {a: 1}}', { "<<": { a: 1 } }],
  ["{x: &x {a: 1}, y: {<<: *x, b: 2}, z: *x}", { true: { a: 1, b: 2 }, x: { a: 1 }, z: { a: 1 } }],
  ["{<<: 3}", undefined],
  ["{a: 1, b}", { a: 1, b: null }],
  ["[a: 1]", [{ a: 1 }]],
  ['"\\d"', undefined],
  ["'it''s'", "it's"],
  ["a#b", "a#b"],
  ["a #b", "a"],
  ["@a", undefined],
  ["`a", undefined],
  ["%a", undefined],
  ["a: b", undefined],
  ["{a:1}", { "a:1": null }],
  ['{"a":1}', { a: 1 }],
  ["{a: 1,}", { a: 1 }],
  ["?x", "?x"],
  ["-x", "-x"],
  ["*nope", undefined],
  ["!!set {a, b}", { a: null, b: null }],
  ["!!omap [a: 1]", [{ a: 1 }]],
  ["!!map {a: 1}", { a: 1 }],
  ["!!seq [1]", [1]],
  ['"a', undefined],
  ['"tab\tx"', "tab\tx"],
];

describe("parseYaml", () => {
  it.each(RECORDED.filter(([, value]) => value !== undefined))("reads %j as helm does: %j", (text, value) => {
    expect(parseYaml(`v: ${text}`)).toEqual({ v: value });
  });

  it.each(RECORDED.filter(([, value]) => value === undefined))("refuses %j, as helm does", (text) => {
    expect(() => parseYaml(`v: ${text}`)).toThrow(YamlError);
  });

  it("takes the first document, and null when there is none", () => {
    expect(parseYaml("a: 1\n---\nb: 2\n")).toEqual({ a: 1 });
    expect(parseYaml("# nothing\n")).toBeNull();
  });

  it("keeps a key named __proto__ an ordinary key", () => {
    expect(Object.keys(Object(parseYaml("__proto__: {a: 1}")))).toEqual(["__proto__"]);
  });

  it("names the place and never the text, which may be secret", () => {
    expect(() => parseYaml("password: hunter2\n  bad: [hunter2\n")).toThrow(/^line 2, column \d+: (?!.*hunter2)/);
  });

  it("refuses aliases that expand without end", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
    expect(() => parseYaml(["l0: &l0 [x]", ...levels].join("\n"))).toThrow("aliases expand to more than");
    expect(() => parseYaml(`a: &a x\nb: [${Array(1001).fill("*a").join(", ")}]`)).toThrow("maxAliases");
  });
});

describe("parseYamlDocuments", () => {
  it("gives every document, empty ones as null", () => {
    expect(parseYamlDocuments("---\n# Source: x\na: yes\n---\n# empty\n---\nb: 0777\n")).toEqual([{ a: true }, null, { b: 511 }]);
    expect(parseYamlDocuments("")).toEqual([]);
  });
});
