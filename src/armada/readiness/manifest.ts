import { marksExceed, type ParseLimits } from "../../base/json/parse-cost.ts";
import { turns } from "../../base/work/turns.ts";
import { parseYamlDocuments } from "../../base/json/yaml.ts";
import { type Fields, fieldsOf, groupOf, isFields, listOf, textOf, textsOf } from "./fields.ts";

/** An object of a release as its manifest names it. */
export interface ReleaseObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** As written, absent for that of the release, until the object has been placed (`chart/identity.ts`): then where it is, absent for kinds without. */
  readonly namespace?: string;
  readonly name: string;
  /** Those that mean something to this program: {@link RELEASE_ANNOTATIONS}. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Labels that every pod of a workload carries. */
  readonly podSelector?: Readonly<Record<string, string>>;
  /** A Job that its chart wants suspended. */
  readonly suspended?: true;
  /** Nobody can change what it holds. */
  readonly immutable?: true;
  /** A StatefulSet whose claims go with it. */
  readonly holdsClaims?: true;
}

export const RELEASE_ANNOTATIONS = ["helm.sh/resource-policy", "armada.airshipit.org/drift"] as const;

/**
 * The objects of a helm manifest, in its order: empty documents skipped, lists flattened. What has no kind or no name (`generateName`) cannot be
 * found again and is left out.
 * @throws {YamlError}
 */
export const parseManifest = (manifest: string): readonly ReleaseObject[] => manifestBodies(manifest).flatMap((body) => releaseObject(body) ?? []);

/** Objects of a release that are looked at. */
export const MAX_OBJECTS = 5_000;
/** Of one document of a manifest: 100 ms, and 40 MiB of memory. */
const DOCUMENT_LIMITS: ParseLimits = { bytes: 3 * 2 ** 20, marks: 60_000 };

/** A manifest that is not looked at. The message says why. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** {@link parseManifest} with turns for others. @throws {ManifestError} or {YamlError} */
export const listObjects = async (manifest: string): Promise<readonly ReleaseObject[]> => {
  const objects: ReleaseObject[] = [];
  for await (const bodies of bodiesInTurns(manifest)) objects.push(...bodies.flatMap((body) => releaseObject(body) ?? []));
  return objects;
};

/** {@link manifestBodies}, document by document, with turns for others. @throws {ManifestError} or {YamlError} */
export async function* bodiesInTurns(manifest: string): AsyncGenerator<readonly Fields[], void, undefined> {
  const turn = turns();
  let count = 0;
  for (const text of documentsOf(manifest)) {
    const bodies = documentBodies(text);
    count += bodies.length;
    if (count > MAX_OBJECTS) throw new ManifestError(`its manifest has more than ${String(MAX_OBJECTS)} objects`);
    yield bodies;
    await turn();
  }
}

/** {@link manifestBodies} of one document. @throws {ManifestError} or {YamlError} */
export const documentBodies = (text: string): readonly Fields[] => {
  const bytes = Buffer.from(text);
  if (bytes.byteLength > DOCUMENT_LIMITS.bytes || marksExceed(bytes, DOCUMENT_LIMITS.marks))
    throw new ManifestError(
      `a document of its manifest has more than ${String(DOCUMENT_LIMITS.bytes)} bytes or ${String(DOCUMENT_LIMITS.marks)} lines, list items, commas and brackets`,
    );
  return manifestBodies(text);
};

/** The documents of a manifest as they are written: `---` at the beginning of a line is a separator wherever it stands. */
export function* documentsOf(manifest: string): Generator<string> {
  let start = 0;
  for (let end = manifest.indexOf("\n---"); end >= 0; end = manifest.indexOf("\n---", end + 1)) {
    if (!/^\s?$/.test(manifest.charAt(end + 4))) continue;
    yield manifest.slice(start, end + 1);
    start = end + 1;
  }
  yield manifest.slice(start);
}

/** The same objects as they are written, for {@link releaseObject} and for applying them again. @throws {YamlError} */
export const manifestBodies = (manifest: string): readonly Fields[] => parseYamlDocuments(manifest).flatMap(flatten);

const flatten = (document: unknown): readonly Fields[] => {
  if (!isFields(document)) return [];
  const isList = (textOf(document["kind"]) ?? "").endsWith("List") && Array.isArray(document["items"]);
  return isList ? listOf(document["items"]).flatMap(flatten) : [document];
};

/** What a body from a manifest is called; undefined when it has no apiVersion, kind or name. */
export const releaseObject = (body: Fields): ReleaseObject | undefined => {
  const metadata = fieldsOf(body["metadata"]);
  const [apiVersion, kind, name, namespace] = [body["apiVersion"], body["kind"], metadata["name"], metadata["namespace"]].map(textOf);
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  const selector = podSelector(apiVersion, kind, fieldsOf(body["spec"]));
  return {
    apiVersion,
    kind,
    name,
    annotations: known(textsOf(metadata["annotations"])),
    ...(namespace === undefined ? {} : { namespace }),
    ...(selector === undefined ? {} : { podSelector: selector }),
    ...(kind === "Job" && fieldsOf(body["spec"])["suspend"] === true ? { suspended: true } : {}),
    ...(body["immutable"] === true ? { immutable: true } : {}),
    ...(kind === "StatefulSet" && holdsClaims(fieldsOf(body["spec"])) ? { holdsClaims: true } : {}),
  };
};

const holdsClaims = (spec: Fields): boolean => fieldsOf(spec["persistentVolumeClaimRetentionPolicy"])["whenDeleted"] === "Delete";

const known = (annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(RELEASE_ANNOTATIONS.flatMap((key) => (annotations[key] === undefined ? [] : [[key, annotations[key]]])));

const WORKLOADS = new Set(["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet", "/ReplicationController"]);

/** Undefined, too, for a selector of expressions alone: the caller then has the owner reference only. */
const podSelector = (apiVersion: string, kind: string, spec: Fields): Readonly<Record<string, string>> | undefined => {
  if (!WORKLOADS.has(`${groupOf(apiVersion)}/${kind}`)) return undefined;
  const selector = fieldsOf(spec["selector"]);
  const labels = textsOf(kind === "ReplicationController" ? selector : selector["matchLabels"]);
  return Object.keys(labels).length === 0 ? undefined : labels;
};
