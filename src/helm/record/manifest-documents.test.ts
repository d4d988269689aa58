import { expect, test } from "@jest/globals";
import { parseYamlDocuments } from "../../base/json/yaml.ts";
import { isRecord } from "../../base/json/json.ts";
import { withChangedObjects, type Body } from "./manifest-documents.ts";

const nameOf = ({ metadata }: Body): unknown => (isRecord(metadata) ? metadata["name"] : undefined);
const manifestWithout = (manifest: string, isOut: (body: Body) => boolean): string =>
  withChangedObjects(manifest, (body) => (isOut(body) ? undefined : body));
const of = (name: string): string => `# Source: x/${name}.yaml\nkind: ConfigMap\nmetadata: {name: ${name}} # as written\n`;
const MANIFEST = `---\n${of("a")}---\n${of("b")}---\nkind: ConfigMapList\nitems: [{kind: ConfigMap, metadata: {name: c}}, {kind: ConfigMap, metadata: {name: d}}]\n`;

test.each([
  ["nothing stays to the letter", [], MANIFEST],
  ["a document", ["a"], MANIFEST.replace(`---\n${of("a")}`, "")],
  ["all documents", ["a", "b", "c", "d"], ""],
])("without %s", (_, names: readonly string[], expected) => {
  expect(manifestWithout(MANIFEST, (body) => names.includes(String(nameOf(body)))).trim()).toBe(expected.trim());
});

test("without one of a list, the others are documents", () => {
  const rest = manifestWithout(MANIFEST, (body) => nameOf(body) === "c");
  expect(parseYamlDocuments(rest).filter(isRecord).map(nameOf)).toEqual(["a", "b", "d"]);
});

test("what is written anew holds no character that helm's YAML reader folds or refuses", () => {
  const manifest = String.raw`{kind: ConfigMap, data: {text: "a\u2028b\u0085c\u007Fd\uFEFFe"}}`;
  const changed = withChangedObjects(manifest, (body) => ({ ...body, apiVersion: "v1" }));
  expect(changed).toContain(String.raw`"a\u2028b\u0085c\u007fd\ufeffe"`);
  expect(parseYamlDocuments(changed)).toEqual([{ apiVersion: "v1", kind: "ConfigMap", data: { text: "a\u2028b\u0085c\u007Fd\uFEFFe" } }]);
});
