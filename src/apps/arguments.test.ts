import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { expect, test } from "@jest/globals";
import { choice, parseArguments, wrong } from "./arguments.ts";
import { parseStartOptions } from "./start/options.ts";

const colours = () => new Command("paint").option("--colour <name>", "which", "red");

test("what is read of the flags is given back", () => {
  expect(parseArguments(colours(), ["--colour", "blue"], ({ colour }) => ({ colour }))).toEqual({ colour: "blue" });
});

test.each([
  ["a mistyped flag", ["--color", "blue"], "error: unknown option '--color' (Did you mean --colour?)\n"],
  ["a flag like no other", ["--x"], "error: unknown option '--x'; --help lists what there is\n"],
  ["a value that is refused when it is read", [], 'error: --colour is "red"\n'],
])("%s is one line and exit code 2", (_, args, text) => {
  const read = (): object => {
    throw wrong('--colour is "red"');
  };
  expect(parseArguments(colours(), args, read)).toEqual({ exitCode: 2, text });
});

test.each(["--version", "-V"])("%s prints the version of package.json, and is no error", (flag) => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const { text, ...rest } = { text: "", ...parseArguments(colours(), [flag], () => ({})) };
  expect([rest, manifest]).toEqual([{ exitCode: 0 }, expect.objectContaining({ version: text.trimEnd() })]);
});

test("--help is no error", () => {
  expect(parseArguments(colours(), ["--help"], () => ({}))).toMatchObject({ exitCode: 0, text: expect.stringContaining("Usage: paint") });
});

test("choice takes one of a list, and names the list and what is near", () => {
  const take = choice(["deny", "allow"]);
  expect(take("allow")).toBe("allow");
  expect(() => take("alow")).toThrow("it must be one of deny, allow (did you mean allow?).");
});

test.each([
  [["--exmaple", "armada"], "error: unknown option '--exmaple' (Did you mean --example?)\n"],
  [["--example", "sequencd"], /^error: --example is "sequencd": give one of .*sequenced.* \(did you mean sequenced\?\)\n$/],
])("npm start -- %j is told what was meant", (args, text) => {
  const examples = fileURLToPath(new URL(join("..", "..", "examples"), import.meta.url));
  expect(parseStartOptions(args, { examples, cwd: "/" })).toEqual({
    exitCode: 2,
    text: typeof text === "string" ? text : expect.stringMatching(text),
  });
});
