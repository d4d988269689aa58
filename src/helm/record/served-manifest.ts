import { isRecord } from "../../base/json/json.ts";
import type { Serving } from "../../runtime/api.ts";
import { objectsIn, withChangedObjects, type Body } from "./manifest-documents.ts";

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
export const kindsOf = (manifest: string): readonly Kind[] => [...new Map(objectsIn(manifest).flatMap((object) => keyed(kindOf(object)))).values()];

const keyed = (kind: Kind | undefined): readonly (readonly [string, Kind])[] => (kind === undefined ? [] : [[keyOf(kind), kind]]);

/** Objects of a kind that is gone are left out, those of one that has moved get its new version; everything else stays to the letter. @throws {YamlError} */
export const servedManifest = (manifest: string, serving: ReadonlyMap<string, Serving>): ServedManifest => {
  const changes: string[] = [];
  const served = withChangedObjects(manifest, (object) => {
    const kind = kindOf(object);
    const now = kind === undefined ? "served" : (serving.get(keyOf(kind)) ?? "served");
    if (kind === undefined || now === "served") return object;
    changes.push(sentence(object, kind, now));
    return now === "gone" ? undefined : { ...object, apiVersion: now.movedTo };
  });
  return { manifest: served, changes };
};

export const keyOf = ({ apiVersion, kind }: Kind): string => `${apiVersion} ${kind}`;

const kindOf = ({ apiVersion, kind }: Body): Kind | undefined =>
  typeof apiVersion === "string" && typeof kind === "string" ? { apiVersion, kind } : undefined;

const sentence = ({ metadata }: Body, { apiVersion, kind }: Kind, now: Exclude<Serving, "served">): string => {
  const name = isRecord(metadata) ? String(metadata["name"]) : "without a name";
  const gone = `the API server no longer serves ${apiVersion} ${kind}: `;
  return now === "gone"
    ? `${gone}${kind} ${name} is removed from the release's record`
    : `${gone}the release's record now has ${kind} ${name} as ${now.movedTo}`;
};
