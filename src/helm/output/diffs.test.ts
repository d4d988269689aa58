import { expect, test } from "@jest/globals";
import { withoutDiffs } from "./diffs.ts";

const forbidden = 'Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.tolerations`';

test.each([
  [
    "a unified diff of several parts",
    '\n@@ -13,7 +13,7 @@\n     {\n      "Name": "A",\n-     "Value": "one",\n+     "Value": "hunter33",\n@@ -48 +48 @@\n- "NodeName": "node-1",\n+ "NodeName": "",',
    " (what differs: value, nodeName)",
  ],
  [
    "a diff of go-cmp",
    '\n  core.PodSpec{\n  \t... // 11 identical fields\n- \tNodeName: "hunter33",\n+ \tNodeName: "",\n  \tSecurityContext: &core.PodSecurityContext{\n- \t\tTTY: true,\n  \t},\n  }\n',
    " (what differs: nodeName, TTY)\n",
  ],
  ["one with other blanks", '\n\u00A0\u00A0core.PodSpec{\n-\u00A0\tHostname: "hunter33",\n\u00A0\u00A0}', " (what differs: hostname)"],
  [
    "many fields",
    `\n@@ -1 +1 @@${"ABCDEFG"
      .split("")
      .map((letter) => `\n- "${letter}a": 1,`)
      .join("")}`,
    " (what differs: aa, ba, ca, da, ea, …)",
  ],
  ["no field of an object", '\n@@ -1 +1 @@\n- "hunter33"', ""],
  ["a policy's own lines", "\n  images {\n  - not from here", "\n  images {\n  - not from here"],
  ["no diff", "\nand - this is none", "\nand - this is none"],
])("of %s the fields stay", (_, diff, said) => {
  expect(withoutDiffs(`${forbidden}${diff}`)).toBe(`${forbidden}${said}`);
});

test("what follows a diff stays", () => {
  const text = 'a\n@@ -1 +1 @@\n- "Name": "x",\n\n, Pod "b" is invalid';
  expect(withoutDiffs(text)).toBe('a (what differs: name)\n\n, Pod "b" is invalid');
});
