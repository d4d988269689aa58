import { isRecord } from "../base/json.ts";
import { parseYamlDocuments } from "../base/yaml.ts";
import type { Serving } from "../runtime/api.ts";

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A manifest that helm can build objects from, and one sentence for each object that is not in it as it was. */
export interface ServedManifest {
  readonly manifest: string;
  readonly changes: readonly string[];
}

/** Every kind of a manifest, once. @throws {YamlError} */
export const kindsOf = (manifest: string): readonly Kind[] => {
  const kinds = documentsOf(manifest).flatMap((text) => objectsIn(bodyOf(text)).flatMap((object) => kindOf(object) ?? []));
  return [...new Map(kinds.map((kind) => [keyOf(kind), kind])).values()];
};

/** Objects of a kind that is gone are left out, those of one that has moved get its new version; everything else stays to the letter. @throws {YamlError} */
export const servedManifest = (manifest: string, serving: ReadonlyMap<string, Serving>): ServedManifest => {
  const changes: string[] = [];
  const texts = documentsOf(manifest).flatMap((text) => {
    const body = bodyOf(text);
    const objects = objectsIn(body);
    const served = objects.flatMap((object) => {
      const kind = kindOf(object);
      const now = kind === undefined ? "served" : (serving.get(keyOf(kind)) ?? "served");
      if (kind === undefined || now === "served") return [object];
      changes.push(sentence(object, kind, now));
      return now === "gone" ? [] : [{ ...object, apiVersion: now.movedTo }];
    });
    if (served.length === objects.length && served.every((object, index) => object === objects[index])) return [text];
    return served.map((object) => `\n${JSON.stringify(object)}\n`);
  });
  return { manifest: texts.join("---"), changes };
};

export const keyOf = ({ apiVersion, kind }: Kind): string => `${apiVersion} ${kind}`;

type Body = Readonly<Record<string, unknown>>;

/** As helm splits it, whose separators begin a line. What stands before the first one is a document, too. */
const documentsOf = (manifest: string): readonly string[] => manifest.split(/^---/m);

const bodyOf = (text: string): unknown => parseYamlDocuments(text)[0];

/** Lists flattened. */
const objectsIn = (body: unknown): readonly Body[] => {
  if (!isRecord(body)) return [];
  const { kind, items } = body;
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items) ? items.flatMap(objectsIn) : [body];
};

const kindOf = ({ apiVersion, kind }: Body): Kind | undefined =>
  typeof apiVersion === "string" && typeof kind === "string" ? { apiVersion, kind } : undefined;

const sentence = ({ metadata }: Body, { apiVersion, kind }: Kind, now: Exclude<Serving, "served">): string => {
  const name = isRecord(metadata) ? String(metadata["name"]) : "without a name";
  const gone = `the API server serves ${apiVersion} ${kind} no more: `;
  return now === "gone"
    ? `${gone}${kind} ${name} is left out of the release's record`
    : `${gone}the release's record now has ${kind} ${name} as ${now.movedTo}`;
};
