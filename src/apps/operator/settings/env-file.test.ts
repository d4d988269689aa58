import { expect, test } from "@jest/globals";
import { parseEnvFile, readEnvFile } from "./env-file.ts";

test.each([
  ["A=b", { A: "b" }],
  ["  A = b c  ", { A: "b c" }],
  ["export A=b", { A: "b" }],
  ["A=", { A: "" }],
  ["A=# nothing", { A: "" }],
  ["# A=b\n\n \nB=c", { B: "c" }],
  ["A=b # comment", { A: "b" }],
  ["A=b#c", { A: "b#c" }],
  ['A="b # c" # comment', { A: "b # c" }],
  ["A=' b '", { A: " b " }],
  [String.raw`A="a\n\"b\"\\c\d"`, { A: 'a\n"b"\\c\\d' }],
  [String.raw`A='a\n'`, { A: String.raw`a\n` }],
  ["A=it's", { A: "it's" }],
  ["A=b=c", { A: "b=c" }],
  ["A=b\r\nB=c\r\n", { A: "b", B: "c" }],
  ["\uFEFFA=b", { A: "b" }],
  ["A=b\nA=c", { A: "c" }],
  ["", {}],
])("the lines %j give %j", (text, expected) => {
  expect(parseEnvFile("x.env", text)).toEqual(expected);
});

test.each([
  ["a line without =", "A=b\nhush", "env file x.env, line 2: it must be KEY=VALUE, or a comment after #"],
  ["a key that is none", "\n\n1A=hush", "env file x.env, line 3: it must be KEY=VALUE, or a comment after #"],
  ["quotes that stay open", 'A="hush', "env file x.env, line 1: the value of A has an unterminated quote"],
  ["something behind the quotes", "A='hush'hush", "env file x.env, line 1: the value of A has an unterminated quote"],
])("%s is refused with file and line, and not quoted", (_, text, sentence) => {
  expect(() => parseEnvFile("x.env", text)).toThrow(new Error(sentence));
});

test("a file that cannot be read is named", () => {
  const read = (): string => {
    throw new Error("ENOENT: no such file");
  };
  expect(() => readEnvFile("x.env", read)).toThrow("cannot read env file x.env: ENOENT: no such file");
});
