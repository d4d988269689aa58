import { isRecord } from "../../base/json/json.ts";
import { jsonForYaml, parseYamlDocuments } from "../../base/json/yaml.ts";

/** An object as a manifest has it. */
export type Body = Readonly<Record<string, unknown>>;

/**
 * Changes objects of a manifest, those in lists too; a document of which none is changed stays to the letter. `change` returns the object itself,
 * another in its place, or undefined to leave it out. @throws {YamlError}
 */
export const withChangedObjects = (manifest: string, change: (body: Body) => Body | undefined): string =>
  documentsOf(manifest)
    .flatMap((text) => {
      const objects = objectsOf(text);
      const changed = objects.flatMap((object) => change(object) ?? []);
      if (changed.length === objects.length && changed.every((object, index) => object === objects[index])) return [text];
      return changed.map((object) => `\n${jsonForYaml(JSON.stringify(object))}\n`);
    })
    .join("---");

/** Every object of a manifest. @throws {YamlError} */
export const objectsIn = (manifest: string): readonly Body[] => documentsOf(manifest).flatMap(objectsOf);

/** As helm splits it, whose separators begin a line. What stands before the first one is a document, too. */
const documentsOf = (manifest: string): readonly string[] => manifest.split(/^---/m);

const objectsOf = (text: string): readonly Body[] => parseYamlDocuments(text).flatMap(flattened);

const flattened = (body: unknown): readonly Body[] => {
  if (!isRecord(body)) return [];
  const { kind, items } = body;
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items) ? items.flatMap(flattened) : [body];
};
