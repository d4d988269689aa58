import { isRecord } from "../../base/json/json.ts";

/** What helm would open to compile a schema. */
export interface OutsideReference {
  readonly keyword: string;
  readonly target: string;
}

const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];
/** Their members are schemas by name. */
const BY_NAME = new Set(["properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"]);
/** They hold values, of which a member may be called as a keyword is. */
const VALUES = new Set(["default", "const", "enum", "examples"]);

const OLD_DRAFTS = ["draft-04", "draft-06", "draft-07"].map((draft) => `${draft}/schema`);
const VOCABULARIES: readonly (readonly [draft: string, names: readonly string[]])[] = [
  ["draft/2019-09", ["applicator", "content", "core", "format", "meta-data", "validation"]],
  ["draft/2020-12", ["applicator", "content", "core", "format-annotation", "format-assertion", "meta-data", "unevaluated", "validation"]],
];
/** Schemas that helm has in itself. */
const BUILT_IN = new Set(
  [
    "schema",
    ...OLD_DRAFTS,
    ...VOCABULARIES.flatMap(([draft, names]) => [`${draft}/schema`, ...names.map((name) => `${draft}/meta/${name}`)]),
  ].flatMap((path) => [`http://json-schema.org/${path}`, `https://json-schema.org/${path}`]),
);

/**
 * The first reference of a `values.schema.json` that leads out of it, to the network or the disk; undefined when there is none. What cannot be told
 * apart without resolving every base as helm does counts as leading out.
 */
export const outsideReferenceIn = (schema: unknown): OutsideReference | undefined => {
  const found = [...keywordsIn(schema, true)];
  const isPlain = found.every(({ keyword, target }) => !REFERENCES.includes(keyword) || PLAIN.test(target));
  const own = ownIdsOf(schema);
  const mayBeRelative = found.every(({ keyword, target, top }) => top || !IDS.includes(keyword) || BARE.test(withoutFragment(target)));
  const isKnown = (target: string): boolean =>
    target === "" || BUILT_IN.has(target) || (own.has(target) && (ABSOLUTE.test(target) || (mayBeRelative && BARE.test(target))));
  for (const { keyword, target } of isPlain ? keywordsIn(schema, false) : found) {
    if (keyword === "$schema" && !BUILT_IN.has(withoutFragment(target))) return { keyword, target };
    if (REFERENCES.includes(keyword) && !isKnown(withoutFragment(target)) && !OTHER_SCHEME.test(target)) return { keyword, target };
  }
  return undefined;
};

const IDS = ["$id", "id"];
/** Without a pointer, or to where schemas stand anyway: any other makes a schema of what may be a value. */
const PLAIN = /^(?:[^#]*|[^#]*#[\w.-]*|#\/(?:definitions|\$defs)\/[^/%~]+)$/;
/** Such names are in one folder, whichever of them is the base. */
const BARE = /^(?!\.{1,2}$)[\w.-]+$/;
const ABSOLUTE = /^https?:\/\//;
/** helm has no reader for it, or reads nothing. */
const OTHER_SCHEME = /^(?!https?:|file:)[a-z][a-z0-9+.-]*:/i;

const withoutFragment = (reference: string): string => reference.split("#", 1)[0] ?? "";

interface Keyword {
  readonly keyword: string;
  readonly target: string;
  /** It stands in the outermost schema. */
  readonly top: boolean;
}

/** Keywords that name other schemas, and names of schemas, with texts: a property may be called so, but it is an object then. */
function* keywordsIn(schema: unknown, alsoValues: boolean, top = true): Generator<Keyword, void> {
  if (Array.isArray(schema)) for (const member of schema) yield* keywordsIn(member, alsoValues, false);
  if (!isRecord(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (typeof value === "string" && [...REFERENCES, ...IDS, "$schema"].includes(keyword)) yield { keyword, target: value, top };
    else if (BY_NAME.has(keyword) && isRecord(value)) yield* membersOf(value, alsoValues);
    else if (alsoValues || !VALUES.has(keyword)) yield* keywordsIn(value, alsoValues, false);
  }
}

function* membersOf(schemas: Readonly<Record<string, unknown>>, alsoValues: boolean): Generator<Keyword, void> {
  if (alsoValues) yield* keywordsIn(schemas, alsoValues, false);
  else for (const schema of Object.values(schemas)) yield* keywordsIn(schema, alsoValues, false);
}

/** Names that the schema gives itself and its definitions, where every draft that helm knows takes them for that. */
const ownIdsOf = (schema: unknown): ReadonlySet<string> => {
  if (!isRecord(schema)) return new Set();
  const draft = schema["$schema"];
  const isOld = typeof draft === "string" && OLD_DRAFTS.some((old) => draft.includes(old));
  if (typeof draft === "string" && draft.includes("draft-04")) return new Set();
  const definitions = (isOld ? ["definitions"] : ["definitions", "$defs"]).flatMap((keyword) => {
    const named = schema[keyword];
    return isRecord(named) ? Object.values(named) : [];
  });
  const ids = [schema, ...definitions].flatMap((one) =>
    isRecord(one) && !("$ref" in one) && (one["$schema"] ?? draft) === draft && typeof one["$id"] === "string" ? [withoutFragment(one["$id"])] : [],
  );
  return new Set(ids);
};
