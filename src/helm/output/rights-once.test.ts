import { expect, test } from "@jest/globals";
import { parseFailure } from "./parse.ts";
import { rightsOnce } from "./rights-once.ts";

const lacks = (name: string, verb = "delete"): string =>
  `configmaps "${name}" is forbidden: User "low" cannot ${verb} resource "configmaps" in API group "" in the namespace "t"`;

test.each([
  ["one object", lacks("a"), lacks("a")],
  ["objects one behind the other", [lacks("a"), lacks("b"), lacks("c")].join(" "), `${lacks("a")} (and 2 more of them)`],
  [
    "a list of helm's",
    `3 errors occurred:\n\t* ${lacks("a")}\n\t* ${lacks("b")}\n\n`,
    `3 errors occurred:\n\t* ${lacks("a")} (and 1 more of them)\n\n`,
  ],
  ["objects with another between", [lacks("a"), "x is missing", lacks("b")].join("; "), `${lacks("a")} (and 1 more of them); x is missing`],
  ["different rights", [lacks("a"), lacks("a", "get")].join(", "), [lacks("a"), lacks("a", "get")].join(", ")],
  ["a policy", 'configmaps "a" is forbidden: no configmaps "b" is forbidden: no', 'configmaps "a" is forbidden: no configmaps "b" is forbidden: no'],
])("a right that is missing is said once of %s", (_, text, expected) => {
  expect(rightsOnce(text)).toBe(expected);
});

test("of helm's deletions, too", () => {
  const stderr = `uninstall.go:125: x [debug] uninstall: Failed to delete release: [${lacks("a")} ${lacks("b")}]\nError: failed to delete release: x\n`;
  expect(parseFailure(stderr, (text) => text)).toMatchObject({ reason: "Forbidden", message: `${lacks("a")} (and 1 more of them)` });
});
