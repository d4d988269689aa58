import { jsonOf } from "../../base/json/held-json.ts";
import { atOnce, inTurns } from "../../base/work/turns.ts";
import type { Values } from "../driver.ts";
import { isKey, keyOf, tokensOf } from "../../base/json/json-text.ts";
import { type Form, longestAt, orderedForms } from "./forms.ts";
import { identifiersIn, type Span } from "./identifiers.ts";
import { occurrencesIn } from "./occurrences.ts";

/** Takes values out of a text. */
export type Redact = (text: string) => string;

/**
 * Values reach helm's error texts: `fail` and `required` print them, so do schema errors (`'x' does not match pattern`) and the API
 * server (`Invalid value: "x"`). Nobody can tell from its look whether a value is secret, so every string of four characters and more
 * and every number of six digits and more is replaced by its place, `(value of .db.password)`, which also tells the reader where to
 * look. Base64, as charts write Secrets, and JSON escapes are replaced too. Left alone: words of the Kubernetes API below, what the caller
 * names (release, namespace, chart path), which stands elsewhere in plain sight, and what is inside a name: see {@link identifiersIn}.
 */
export const redactValues = (text: string, values: Values, keep: readonly string[] = []): string => atOnce(findForms(text, values, keep))(text);

/** The same for all that stands in `text`: hundred thousands of values are looked for with turns for others. */
export const redactionFor = (text: string, values: Values, keep: readonly string[]): Promise<Redact> => inTurns(findForms(text, values, keep));

/** Looked for between two turns: characters, and so many for every value and form. */
const STEP = 10_000;
const LEAST = 50;

/** Only forms that occur are put into the pattern: what is looked for may be megabytes, what helm says is not. */
function* findForms(text: string, values: Values, keep: readonly string[]): Generator<undefined, Redact> {
  const found = new Map<string, string>();
  if (text === "") return (same) => same;
  const occurs = yield* occurrencesIn(text);
  let looked = 0;
  const isLong = (characters: number): boolean => {
    looked = (looked >= STEP ? 0 : looked) + LEAST + characters;
    return looked >= STEP;
  };
  for (const leaf of leavesOf(jsonOf(values))) {
    if (isLong(0)) yield;
    if (leaf === undefined || plainWords.has(leaf.value) || keep.includes(leaf.value)) continue;
    for (const form of formsOf(leaf.value)) {
      if (isLong(form.length)) yield;
      if (!found.has(form) && occurs(form)) found.set(form, leaf.path);
    }
  }
  const forms = orderedForms(found);
  return forms.length === 0 ? (same) => same : (any) => replaceForms(any, forms);
}

interface Leaf {
  readonly path: string;
  readonly value: string;
}

/** A list or an object that is being looked through: its path, and what comes next in it. */
interface Frame {
  readonly path: string;
  next: string | number;
}

/** Of every token in the order of the document: the value, undefined when it is none. From the text: as objects, values of others may take long to make. */
function* leavesOf(json: string): Generator<Leaf | undefined> {
  const frames: Frame[] = [];
  const arrive = (): string => {
    const frame = frames.at(-1);
    if (frame === undefined) return "";
    if (typeof frame.next === "string") return `${frame.path}.${frame.next}`;
    return `${frame.path}[${String(frame.next++)}]`;
  };
  for (const token of tokensOf(json)) {
    const frame = frames.at(-1);
    if (token === "{" || token === "[") frames.push({ path: arrive(), next: token === "{" ? "" : 0 });
    else if (token === "}" || token === "]") frames.pop();
    else if (frame !== undefined && isKey(token)) frame.next = keyOf(token);
    else yield leafOf(arrive(), JSON.parse(token));
    yield undefined;
  }
}

const leafOf = (path: string, value: unknown): Leaf | undefined => {
  if (typeof value === "string" && value.trim().length >= 4) return { path, value };
  return typeof value === "number" && String(value).length >= 6 ? { path, value: String(value) } : undefined;
};

/** How a value may appear: as it is, trimmed, escaped as JSON and Go's `%q` do, as base64, and its longer lines one by one. */
const formsOf = (value: string): readonly string[] => {
  const lines = value.includes("\n") ? value.split("\n").filter((line) => line.trim().length >= 8) : [];
  const others = [value.trim(), JSON.stringify(value).slice(1, -1)].filter((form) => form !== value);
  return [value, ...others, Buffer.from(value).toString("base64"), ...lines.map((line) => line.trim())];
};

/** One pass, longest first: what was put in is never searched again. */
const replaceForms = (text: string, forms: readonly Form[]): string => {
  let [result, copied] = ["", 0];
  const isInName = insideOneOf(identifiersIn(text));
  for (let at = 0; at < text.length; at++) {
    const start = at;
    const found = longestAt(text, start, forms, (end) => end - start >= 8 || isWord(text, start, end));
    if (found === undefined) continue;
    const end = start + found.text.length;
    if (isInName(start, end)) continue;
    result += `${text.slice(copied, start)}(value of ${found.path})`;
    copied = end;
    at = end - 1;
  }
  return result + text.slice(copied);
};

/** To be asked from left to right. */
const insideOneOf = (spans: readonly Span[]): ((start: number, end: number) => boolean) => {
  let [next, reaches] = [0, 0];
  return (start, end) => {
    for (let span = spans[next]; span !== undefined && span.start <= start; span = spans[++next]) reaches = Math.max(reaches, span.end);
    return end <= reaches;
  };
};

/** A short value counts as a word of its own only: `blog` must not eat a part of `blogger`. */
const isWord = (text: string, start: number, end: number): boolean => !isAlphanumeric(text.charAt(start - 1)) && !isAlphanumeric(text.charAt(end));

const isAlphanumeric = (char: string): boolean => /^[A-Za-z0-9]$/.test(char);

const plainWords: ReadonlySet<string> = new Set(
  (
    "true false null none default name type latest http https Always IfNotPresent Never OnFailure ClusterIP NodePort LoadBalancer ExternalName " +
    "ReadWriteOnce ReadWriteMany ReadOnlyMany ReadWriteOncePod RollingUpdate Recreate OnDelete Parallel OrderedReady ConfigMap Secret Service " +
    "Deployment StatefulSet DaemonSet Ingress Pod Prefix Exact ImplementationSpecific"
  ).split(" "),
);
