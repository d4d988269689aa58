import { expect, test } from "@jest/globals";
import { parseYamlDocuments } from "../../base/yaml.ts";
import { isRecord } from "../../base/json.ts";
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
