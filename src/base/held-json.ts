import { sha256_40 } from "./digest.ts";
import { canonicalJson, canonicalParts, isRecord } from "./json.ts";
import { turns } from "./turns.ts";

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

  constructor(text: string, depth: number) {
    this.depth = depth;
    this.hash = sha256_40(text);
    this.#text = depth > MAX_DEPTH ? "{}" : text;
  }

  get isTooDeep(): boolean {
    return this.depth > MAX_DEPTH;
  }

  /** As JSON. */
  get json(): string {
    return this.#text;
  }

  /** See {@link canonicalJson}. */
  canonical(): string {
    if (!this.#canonical) this.#keep(canonicalJson(this.expand()));
    return this.#text;
  }

  /** So that {@link canonical} is quick: its work is done here, with turns for others. */
  async prepare(): Promise<void> {
    if (this.#canonical) return;
    const turn = turns();
    const writing = canonicalParts(this.expand());
    for (;;) {
      const next = writing.next();
      if (next.done === true) return this.#keep(next.value);
      await turn();
    }
  }

  /** The value, made anew at every call. */
  expand(): unknown {
    return JSON.parse(this.#text);
  }

  #keep(text: string): void {
    this.#text = text;
    this.#canonical = true;
  }
}

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
    if (isLarge(member)) Reflect.set(object, name, held(member));
  }
};

const isHolder = (value: unknown): value is object => typeof value === "object" && value !== null;

const isLarge = (value: unknown): boolean => {
  const { depth, values } = extentOf(value, HELD_VALUES);
  return depth > MAX_DEPTH || values > HELD_VALUES;
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

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);

/** Levels of objects and lists in a JSON text. */
const depthOf = (text: string): number => {
  let [depth, deepest] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (OPENING.has(code)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(code)) depth--;
  }
  return deepest;
};

/** Where the string that begins at `start` has its closing quote. */
export const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
};
