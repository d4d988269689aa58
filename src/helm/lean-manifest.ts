import { isRecord } from "../base/json.ts";
import { parseYamlDocuments } from "../base/yaml.ts";

/** An object as a manifest has it. */
export type Body = Readonly<Record<string, unknown>>;

/** A manifest without some of its objects, those in lists too; everything else stays to the letter. @throws {YamlError} */
export const manifestWithout = (manifest: string, isOut: (body: Body) => boolean): string =>
  // As helm splits it, whose separators begin a line.
  manifest
    .split(/^---/m)
    .flatMap((text) => {
      const objects = parseYamlDocuments(text).flatMap(objectsIn);
      const rest = objects.filter((body) => !isOut(body));
      return rest.length === objects.length ? [text] : rest.map((body) => `\n${JSON.stringify(body)}\n`);
    })
    .join("---");

const objectsIn = (body: unknown): readonly Body[] => {
  if (!isRecord(body)) return [];
  const { kind, items } = body;
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items) ? items.flatMap(objectsIn) : [body];
};
