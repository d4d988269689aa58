import {
  FAILSAFE_SCHEMA,
  NOT_RESOLVED,
  YAMLException,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  loadAll,
  mergeTag,
  strTag,
} from "js-yaml";
import { messageOf } from "../errors.ts";
import { isRecord } from "./json.ts";

/** Text that is no YAML, or YAML that has no JSON form. The message gives the place, never the text itself: it may hold secrets. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

const MAX_ALIASES = 1000;
const MAX_DEPTH = 500;
const MAX_EXPANDED_NODES = 1_000_000;
/** Of an integer: the time to read more grows with their square. */
const MAX_DIGITS = 1000;

/**
 * All documents of a stream, as helm and kubectl read them (`sigs.k8s.io/yaml`, YAML 1.1 scalars): `yes` is true, `0777` is 511, dates are strings,
 * the last of two equal keys wins, `<<` replaces keys that stand before it. An empty document is null. Integers beyond 2^53 lose precision.
 * @throws {YamlError}
 */
export const parseYamlDocuments = (text: string): readonly unknown[] => {
  const documents = load(text);
  if (text.includes("*")) refuseBomb(documents);
  return documents;
};

/** The first document, as Go's `yaml.Unmarshal` reads it; null when there is none. @throws {YamlError} */
export const parseYaml = (text: string): unknown => parseYamlDocuments(text)[0] ?? null;

/**
 * JSON that helm's YAML reader takes as the same text: YAML folds or refuses some characters that JSON leaves bare.
 * Surrogate halves are escaped by `JSON.stringify` itself.
 */
export const jsonForYaml = (json: string): string =>
  json.replaceAll(/[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

const load = (text: string): readonly unknown[] => {
  try {
    return loadAll(text, { schema: GO_SCHEMA, json: true, maxAliases: MAX_ALIASES, maxDepth: MAX_DEPTH });
  } catch (error) {
    throw new YamlError(describe(error));
  }
};

const describe = (error: unknown): string => {
  if (!(error instanceof YAMLException)) return messageOf(error);
  return error.mark === undefined ? error.reason : `line ${error.mark.line + 1}, column ${error.mark.column + 1}: ${error.reason}`;
};

/** Aliases share one value here, but whoever walks or prints the result walks every path: a few nested anchors make billions. */
const refuseBomb = (documents: readonly unknown[]): void => {
  const sizes = new Map<object, number>();
  const sizeOf = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    const size = Object.values(value).reduce((sum: number, child: unknown) => sum + sizeOf(child), 1);
    sizes.set(value, size);
    return size;
  };
  if (sizeOf(documents) > MAX_EXPANDED_NODES) throw new YamlError(`aliases expand to more than ${MAX_EXPANDED_NODES} values`);
};

const TRUE = new Set(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]);
const FALSE = new Set(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]);
const NULL = new Set(["", "~", "null", "Null", "NULL"]);
const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const NOT_JSON = /^([+-]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;

const resolveBoolean = (source: string): boolean | typeof NOT_RESOLVED => (TRUE.has(source) ? true : FALSE.has(source) ? false : NOT_RESOLVED);

const resolveInteger = (source: string): number | typeof NOT_RESOLVED => {
  const [, sign, digits] = INTEGER.exec(plainNumber(source)) ?? [];
  if (sign === undefined || digits === undefined || digits.length > MAX_DIGITS) return NOT_RESOLVED;
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const limit = sign === "-" ? 2n ** 63n : sign === "+" ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  return magnitude > limit ? NOT_RESOLVED : Number(sign === "-" ? -magnitude : magnitude);
};

const resolveFloat = (source: string): number | typeof NOT_RESOLVED => {
  if (NOT_JSON.test(source)) throw new YamlError(`the number ${source} has no JSON form`);
  const plain = plainNumber(source);
  if (!FLOAT.test(plain)) return NOT_RESOLVED;
  const value = Number(plain);
  return Number.isFinite(value) ? value : NOT_RESOLVED;
};

/** Underscores group digits, in Go anywhere after the first character of a number. */
const plainNumber = (source: string): string => (source.startsWith("_") ? source : source.replaceAll("_", ""));

const loadOnly = { identify: () => false };
const scalars = [
  defineScalarTag("tag:yaml.org,2002:null", { ...loadOnly, implicit: true, resolve: (source) => (NULL.has(source) ? null : NOT_RESOLVED) }),
  defineScalarTag("tag:yaml.org,2002:bool", { ...loadOnly, implicit: true, implicitFirstChars: "yYnNtTfFoO".split(""), resolve: resolveBoolean }),
  defineScalarTag("tag:yaml.org,2002:int", { ...loadOnly, implicit: true, implicitFirstChars: "+-0123456789".split(""), resolve: resolveInteger }),
  defineScalarTag("tag:yaml.org,2002:float", { ...loadOnly, implicit: true, implicitFirstChars: "+-.0123456789".split(""), resolve: resolveFloat }),
  defineScalarTag("tag:yaml.org,2002:binary", { ...loadOnly, resolve: (source) => Buffer.from(source, "base64").toString("utf8") }),
];

/** A mapping under construction. js-yaml asks `has` only while it merges (`json: true`), which tells a merged pair from a written one. */
interface Carrier {
  readonly fields: Map<string, unknown>;
  /** Keys set by the merge under way: of a merged list the first mapping wins, but a merge replaces what was written before it. */
  readonly merged: Set<string>;
  asked: string | undefined;
}

const keyText = (key: unknown): string | undefined =>
  typeof key === "string" ? key : typeof key === "number" || typeof key === "boolean" ? String(key) : undefined;

const addPair = (carrier: Carrier, key: unknown, value: unknown): string => {
  const name = keyText(key);
  if (name === undefined) return "a mapping key must be a string, a number or a boolean";
  if (carrier.asked === name) carrier.merged.add(name);
  else carrier.merged.clear();
  carrier.asked = undefined;
  carrier.fields.set(name, value);
  return "";
};

const mapping = {
  ...loadOnly,
  create: (): Carrier => ({ fields: new Map(), merged: new Set(), asked: undefined }),
  addPair,
  has: (carrier: Carrier, key: unknown): boolean => {
    carrier.asked = keyText(key);
    return carrier.asked !== undefined && carrier.merged.has(carrier.asked);
  },
  keys: (result: unknown) => (isRecord(result) ? Object.keys(result) : []),
  get: (result: unknown, key: unknown) => (isRecord(result) && typeof key === "string" ? result[key] : undefined),
  finalize: (carrier: Carrier): unknown => Object.fromEntries(carrier.fields),
};

const sequence = {
  ...loadOnly,
  create: (): unknown[] => [],
  addItem: (items: unknown[], item: unknown): void => {
    items.push(item);
  },
};

/** Tags that Go does not know are read as if they were not there. */
const ignoredTags = ["!", "tag:"].flatMap((prefix) => [
  defineScalarTag(prefix, { ...loadOnly, matchByTagPrefix: true, resolve: (source) => source }),
  defineMappingTag(prefix, { ...mapping, matchByTagPrefix: true }),
  defineSequenceTag(prefix, { ...sequence, matchByTagPrefix: true }),
]);

const GO_SCHEMA = FAILSAFE_SCHEMA.withTags(
  strTag,
  scalars,
  mergeTag,
  defineMappingTag("tag:yaml.org,2002:map", mapping),
  defineSequenceTag("tag:yaml.org,2002:seq", sequence),
  ignoredTags,
);
