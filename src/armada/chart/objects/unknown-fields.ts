import { cutUtf8, listed } from "../../../base/text.ts";
import { turns } from "../../../base/work/turns.ts";
import { isFields } from "../../readiness/fields.ts";
import { documentBodies, documentsOf, releaseObject } from "../../readiness/manifest.ts";

/** `unknown field "spec.replicsa"`, as the API server warns; the path. */
const UNKNOWN = /^unknown field "([^"]{1,500})"$/;

/** As of other warnings. */
const MOST_BYTES = 512;

/**
 * Warnings about unknown fields with the objects that have them, which the API server does not name: `ConfigMap a: unknown field "dataa"`. They are
 * looked for in one manifest after the other, as long as something is not found. A manifest that cannot be read has nothing.
 */
export const namingFields = async (warnings: readonly string[], manifests: readonly (() => Promise<string>)[]): Promise<readonly string[]> => {
  let named = warnings;
  for (const manifest of manifests) {
    if (!named.some((warning) => UNKNOWN.test(warning))) return named;
    const before = named;
    named = await manifest()
      .then((text) => namingIn(before, text))
      .catch(() => before);
  }
  return named;
};

/** @throws {ManifestError} or {YamlError} */
const namingIn = async (warnings: readonly string[], manifest: string): Promise<readonly string[]> => {
  const paths = warnings.flatMap((warning) => UNKNOWN.exec(warning)?.[1] ?? []);
  const holders = await holdersOf(paths, manifest);
  return warnings.map((warning) => {
    const names = holders.get(UNKNOWN.exec(warning)?.[1] ?? "") ?? [];
    return names.length === 0 ? warning : cutUtf8(`${listed(names)}: ${warning}`, MOST_BYTES, "… (cut)");
  });
};

/** Path → the objects that have a field there. */
const holdersOf = async (paths: readonly string[], manifest: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const turn = turns();
  const lastNames = paths.map(lastNameOf);
  const holders = new Map<string, string[]>(paths.map((path) => [path, []]));
  for (const text of documentsOf(manifest)) {
    if (!lastNames.some((name) => text.includes(name))) continue;
    for (const body of documentBodies(text)) {
      const object = releaseObject(body);
      for (const [path, names] of holders) if (object !== undefined && hasField(body, path)) names.push(`${object.kind} ${object.name}`);
    }
    await turn();
  }
  return holders;
};

const lastNameOf = (path: string): string => /[^.[\]]*$/.exec(path)?.[0] ?? path;

/** `spec.ports[0].nme`. Names may contain dots themselves. */
const hasField = (value: unknown, path: string): boolean => {
  if (path === "") return true;
  if (Array.isArray(value)) {
    const [whole = "", index] = /^\[(\d{1,9})\]\.?/.exec(path) ?? [];
    return index !== undefined && Number(index) in value && hasField(value[Number(index)], path.slice(whole.length));
  }
  return (
    isFields(value) && Object.keys(value).some((name) => isNext(path, name) && hasField(value[name], path.slice(name.length).replace(/^\./, "")))
  );
};

const isNext = (path: string, name: string): boolean => path.startsWith(name) && /^(?:$|[.[])/.test(path.slice(name.length));
