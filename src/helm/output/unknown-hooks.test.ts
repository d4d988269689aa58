import { afterEach, describe, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nestedListsIn } from "./nested-lists.ts";
import { hookedIn, unknownHook, withHookedObjects } from "./unknown-hooks.ts";

const release = { namespace: "site", name: "blog" };

describe("an object with a hook", () => {
  test.each([
    ["in blocks", 'kind: Job\nmetadata:\n  name: a\n  annotations:\n    "helm.sh/hook": post-instal\n', "post-instal", "Job a (t.yaml)"],
    ["in braces", "kind: ConfigMap\nmetadata: {name: a, annotations: {helm.sh/hook: crd-install}}", "crd-install", "ConfigMap a (t.yaml)"],
    [
      "in braces, the hook before the name",
      'kind: Job\nmetadata: {annotations: {helm.sh/hook: "pre-install,x", a: b}, name: z}',
      "pre-install,x",
      "Job z (t.yaml)",
    ],
    [
      "of several events",
      "kind: Job\nmetadata:\n  name: a # why\n  annotations:\n    helm.sh/hook: pre-install,post-instal # why\n",
      "pre-install,post-instal",
      "Job a (t.yaml)",
    ],
    ["in JSON", '{"kind":"Job","metadata":{"name":"a","annotations":{"helm.sh/hook":"x"}}}', "x", "Job a (t.yaml)"],
    [
      "named after the release",
      "kind: Job\nmetadata:\n  name: {{ .Release.Name }}-a\n  annotations: {helm.sh/hook: x}\n",
      "x",
      "Job blog-a (t.yaml)",
    ],
    [
      "named by a template",
      'kind: Job\nmetadata:\n  name: {{ include "n" . }}\n  annotations: {helm.sh/hook: x}\n',
      "x",
      'Job {{ include "n" . }} (t.yaml)',
    ],
  ])("is found when it is written %s", (_, template, hook, title) => {
    expect(hookedIn({ path: "t.yaml", text: `---\nkind: Service\nmetadata: {name: s}\n---\n${template}` }, release)).toEqual([{ hook, title }]);
  });
});

describe("a warning about a hook that helm does not know", () => {
  let chart = "";
  afterEach(() => rmSync(chart, { recursive: true, force: true }));

  const warned = async (files: Readonly<Record<string, string>>, ...warnings: readonly string[]): Promise<readonly string[]> => {
    chart = mkdtempSync(join(tmpdir(), "hooks-"));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(chart, path)), { recursive: true });
      writeFileSync(join(chart, path), text);
    }
    return withHookedObjects(warnings, chart, release);
  };
  const template = (name: string, hook: string): string => `kind: Job\nmetadata: {name: ${name}, annotations: {helm.sh/hook: ${hook}}}\n`;

  test("names the objects, those of subcharts too, and no others", async () => {
    const files = {
      "templates/a.yaml": template("a", "post-instal"),
      "templates/b.yaml": template("b", "post-install"),
      "charts/sub/templates/c.yaml": template("c", "post-instal"),
      "README.md": template("d", "post-instal"),
    };
    expect(await warned(files, "other", unknownHook("post-instal"))).toEqual([
      "other",
      'helm has no hook "post-instal" and ignores the objects annotated with it: Job c (charts/sub/templates/c.yaml), Job a (templates/a.yaml)',
    ]);
  });

  test("of helm 2 says where definitions belong", async () => {
    const [warning] = await warned({ "templates/a.yaml": template("a", "crd-install") }, unknownHook("crd-install"));
    expect(warning).toMatch(/: Job a \(templates\/a\.yaml\); put CustomResourceDefinitions in crds\/$/);
  });

  test("stays as it is when the object is not found, or there is no folder", async () => {
    expect(await warned({}, unknownHook("x"))).toEqual([unknownHook("x")]);
    expect(await withHookedObjects([unknownHook("x")], "/nowhere", release)).toEqual([unknownHook("x")]);
  });
});

test.each([
  ["in blocks", "kind: List\nitems:\n  - kind: RoleList\n    items:\n      - kind: Role\n", ["List (t.yaml)"]],
  ["in braces", "{kind: List, metadata: {name: l}, items: [{kind: List, items: []}]}", ["List l (t.yaml)"]],
  ["not: a list of objects", "kind: List\nitems:\n  - kind: Role\n", []],
  ["not: an object with items", "kind: ConfigMap\ndata: {items: a}\nx: {items: b}\n", []],
])("a list in a list is found, %s", (_, text, expected) => {
  expect(nestedListsIn({ path: "t.yaml", text })).toEqual(expected);
});
