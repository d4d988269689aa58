import { expect, test } from "@jest/globals";
import { elideObjects } from "./elide.ts";

const long = "x".repeat(80);

test.each([
  ["a short string stays", 'name: Invalid value: "Bad_Name": why', 'name: Invalid value: "Bad_Name": why'],
  ["a small object stays", 'labels: Invalid value: {"a":"}"}: why', 'labels: Invalid value: {"a":"}"}: why'],
  ["a long string goes", `patch: Invalid value: "${long}\\"${long}": why`, "patch: Invalid value: (left out): why"],
  ["a nested object goes", `t: Invalid value: {"a":{"b":["${long}]"]}}: why`, "t: Invalid value: (left out): why"],
  ["one that does not end goes", `t: Invalid value: {"a":"${long}`, "t: Invalid value: (left out)"],
  [
    "each of several",
    `a: Invalid value: "${long}", b: Invalid value: "s", c: Invalid value: "${long}"`,
    'a: Invalid value: (left out), b: Invalid value: "s", c: Invalid value: (left out)',
  ],
  [
    "what surrounds a JSON error goes",
    'ReadString: expects ", error found in #10 byte of ...|"pw":hunter|..., bigger context ...|x|...',
    'ReadString: expects ", (left out)',
  ],
  ["an object without a kind goes", `Object 'Kind' is missing in '{"pw":"it's"}'`, "Object 'Kind' is missing in (left out)"],
  [
    "what cannot be merged goes",
    "map: map[name:x value:hunter2] does not contain declared merge key: name",
    "map: (left out) does not contain declared merge key: name",
  ],
  [
    "what differs goes, and what follows stays",
    'change other fields\n@@ -1,2 +1,2 @@\n  "Name": "a",\n- "Value": "old",\n+ "Value": "new",\n@@ -9 +9 @@\n- x\n\n, Pod "b" is invalid',
    'change other fields (what differs: value)\n\n, Pod "b" is invalid',
  ],
  ["the beginning of a YAML value goes", "cannot unmarshal !!str `hunter2...` into int", "cannot unmarshal !!str into int"],
])("elideObjects: %s", (_title, text, expected) => {
  expect(elideObjects(text)).toBe(expected);
});
