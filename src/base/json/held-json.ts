import { sha256_40 } from "./digest.ts";
import { canonicalText, endOfString } from "./json-text.ts";
import { isRecord } from "./json.ts";
import { atOnce, inTurns } from "../work/turns.ts";

/** Objects and lists in each other, of what others wrote. YAML is read to the same depth. */
export const MAX_DEPTH = 500;
/** A member of an object with more values in it is held as text: as objects, a text of many small values takes up to forty times its size. */
export const HELD_VALUES = 10_000;

/** A large JSON value, kept as text; nested too deep, not kept at all. Two are equal when what can be seen of them is. */
export class HeldJson {
  readonly depth: number;
  readonly hash: string;
  #text: string;
  #canonical = false;
  #values: number | undefined;

  constructor(text: string, depth: number) {
    this.depth = depth;
    this.hash = sha256_40(text);
    this.#text = depth > MAX_DEPTH ? "{}" : text;
  }

  get isTooDeep(): boolean {
    return this.depth > MAX_DEPTH;
  }

  /** How many values are in it. Looks through the text once. */
  get values(): number {
    return (this.#values ??= valuesIn(this.#text));
  }

  /** As JSON. */
  get json(): string {
    return this.#text;
  }

  /** See `canonicalJson` of base/json/json.ts. */
  canonical(): string {
    if (!this.#canonical) this.#keep(atOnce(canonicalText(this.#text)));
    return this.#text;
  }

  /** So that {@link canonical} is quick: its work is done here, with turns for others. */
  async prepare(): Promise<void> {
    if (!this.#canonical) this.#keep(await inTurns(canonicalText(this.#text)));
  }

  #keep(text: string): void {
    this.#text = text;
    this.#canonical = true;
  }
}

/** Each but the first of a list or an object has a comma before it. */
const valuesIn = (text: string): number => {
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '"') at = endOfString(text, at);
    else if (mark === "," || ((mark === "[" || mark === "{") && text[at + 1] !== "]" && text[at + 1] !== "}")) values++;
  }
  return values;
};

/** As JSON, whether it is held or not. */
export const jsonOf = (value: object): string => (value instanceof HeldJson ? value.json : JSON.stringify(value));

/**
 * An object fresh from the parser, changed in place: what is large or nested too deep among the members of its members, such as `spec.values`,
 * becomes a {@link HeldJson}, so that whoever walks the object comes to an end soon.
 */
export const holdLarge = (object: object): void => {
  for (const [name, member] of Object.entries(object)) {
    // The API server has its own limits for metadata, and knows no lists in lists there.
    if (name === "metadata" || !isLarge(member)) continue;
    if (isRecord(member)) {
      for (const [inner, value] of Object.entries(member)) if (isLarge(value)) Reflect.set(member, inner, held(value));
    }
    if (isLarge(member, MAX_DEPTH + 1)) Reflect.set(object, name, held(member));
  }
};

const isHolder = (value: unknown): value is object => typeof value === "object" && value !== null;

const isLarge = (value: unknown, most = MAX_DEPTH): boolean => {
  const { depth, values } = extentOf(value, HELD_VALUES);
  return depth > most || values > HELD_VALUES;
};

/** Levels of objects and lists, level by level; not to the end when there are more values than `limit`. */
const extentOf = (value: unknown, limit: number): { readonly depth: number; readonly values: number } => {
  let depth = 0;
  let values = 0;
  let level = [value].filter(isHolder);
  while (level.length > 0 && values <= limit) {
    const next: object[] = [];
    for (const holder of level) {
      const members: readonly unknown[] = Array.isArray(holder) ? holder : Object.values(holder);
      values += members.length;
      if (values > limit) break;
      for (const member of members) if (isHolder(member)) next.push(member);
    }
    depth += 1;
    level = next;
  }
  return { depth, values };
};

const held = (value: unknown): HeldJson => {
  const { depth, values } = extentOf(value, HELD_VALUES);
  if (values <= HELD_VALUES) return new HeldJson(depth > MAX_DEPTH ? "" : JSON.stringify(value), depth);
  try {
    const text = JSON.stringify(value);
    return new HeldJson(text, depthOf(text));
  } catch {
    // Too deep for the engine, too.
    return new HeldJson("", extentOf(value, Infinity).depth);
  }
};

/** Text that is parsed at once: a few milliseconds, whatever is in it. */
const SMALL_TEXT = 100_000;

/**
 * The object in a JSON text, with what {@link holdLarge} would hold taken out before anything is parsed.
 * @param level of the members that may be held: 2 is `spec.values` of an object, 3 of an object in an event of a watch
 */
export const parseHolding = (text: string, level: number): unknown => {
  if (text.length < SMALL_TEXT) return JSON.parse(text);
  const taken = largeMembers(text, level);
  let [rest, copied] = ["", 0];
  for (const { start, end } of taken) {
    rest += `${text.slice(copied, start)}null`;
    copied = end;
  }
  const root: unknown = JSON.parse(rest + text.slice(copied));
  for (const { path, start, end, depth } of taken) {
    const holder = path.slice(0, -1).reduce((value: unknown, key) => (isRecord(value) ? value[key] : undefined), root);
    // A copy: a part of a string keeps the whole of it in memory.
    if (isHolder(holder)) Reflect.set(holder, path.at(-1) ?? "", new HeldJson(Buffer.from(text.slice(start, end)).toString(), depth));
  }
  return root;
};

interface Member {
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

const [QUOTE, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];
const isOpening = (code: number): boolean => code === OPEN_BRACE || code === OPEN_LIST;
const isClosing = (code: number): boolean => code === CLOSE_BRACE || code === CLOSE_LIST;

/** As a server writes JSON, without blanks; of any other text, and of lists on the way, nothing is found. */
const largeMembers = (text: string, level: number): readonly Member[] => {
  const found: Member[] = [];
  const path: string[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (text.charCodeAt(end + 1) === COLON) path.splice(depth - 1, path.length, text.slice(at + 1, end));
      at = end;
    } else if (isOpening(code) && depth === level && path.length === level) {
      const { end, deepest, values } = valueAt(text, at);
      if (values > HELD_VALUES || deepest > MAX_DEPTH) found.push({ path: [...path], start: at, end, depth: deepest });
      at = end - 1;
    } else if (isOpening(code)) depth++;
    else if (isClosing(code)) depth--;
  }
  return found;
};

/** The extent of the object or list that begins at `start`. */
const valueAt = (text: string, start: number): { readonly end: number; readonly deepest: number; readonly values: number } => {
  let [depth, deepest, values] = [0, 0, 0];
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) values++;
    else if (isOpening(code)) {
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (isClosing(code) && --depth === 0) return { end: at + 1, deepest, values };
  }
  return { end: text.length, deepest, values };
};

const depthOf = (text: string): number => valueAt(text, 0).deepest;
