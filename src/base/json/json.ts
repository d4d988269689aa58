import { atOnce } from "../work/turns.ts";

/** An object of JSON or YAML: no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * One text for equal JSON values, in the manner of RFC 8785: keys in code-unit order, no spaces, numbers as `JSON.stringify` writes them.
 * What JSON cannot say is dropped from objects and is `null` in arrays, as `JSON.stringify` has it; at the top it is `null`.
 */
export const canonicalJson = (value: unknown): string => atOnce(canonicalParts(value));

/** Values written between two steps. */
const STEP = 5000;

/** A list or an object that is being written. */
interface Frame {
  readonly close: string;
  readonly holder: readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Of an object. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  at: number;
}

/** {@link canonicalJson} in steps, between which others may have a turn. A stack and no recursion: others decide how deep a value is nested. */
export function* canonicalParts(value: unknown): Generator<undefined, string> {
  let [text, pending, count] = ["", "", 0];
  const frames: Frame[] = [];
  const begin = (next: unknown): string => {
    if (!Array.isArray(next) && !isRecord(next)) return JSON.stringify(next) ?? "null";
    const keys = Array.isArray(next) ? undefined : keysOf(next);
    frames.push({
      holder: next,
      keys,
      length: keys?.length ?? (Array.isArray(next) ? next.length : 0),
      close: keys === undefined ? "]" : "}",
      at: 0,
    });
    return keys === undefined ? "[" : "{";
  };
  pending = begin(value);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (frame.at === frame.length) pending += frames.pop()?.close ?? "";
    else {
      if (frame.at > 0) pending += ",";
      const key = frame.keys?.[frame.at] ?? String(frame.at);
      if (frame.keys !== undefined) pending += `${JSON.stringify(key)}:`;
      frame.at += 1;
      pending += begin(Reflect.get(frame.holder, key));
    }
    if (++count % STEP !== 0) continue;
    text += pending;
    pending = "";
    yield;
  }
  return text + pending;
}

const keysOf = (record: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(record)
    .sort()
    .filter((key) => isJson(record[key]));

const isJson = (value: unknown): boolean => !["undefined", "function", "symbol"].includes(typeof value);

/** Equality of JSON values: the order of keys does not count, an absent member equals an undefined one. */
export const deepEqual = (a: unknown, b: unknown): boolean => {
  const left: (readonly [unknown, unknown])[] = [[a, b]];
  for (let pair = left.pop(); pair !== undefined; pair = left.pop()) {
    const [one, other] = pair;
    if (Object.is(one, other) || (one === 0 && other === 0)) continue;
    if (Array.isArray(one)) {
      if (!Array.isArray(other) || one.length !== other.length) return false;
      for (const [index, item] of one.entries()) left.push([item, other[index]]);
    } else {
      if (!isRecord(one) || !isRecord(other)) return false;
      for (const key of Object.keys(one)) left.push([one[key], other[key]]);
      if (Object.keys(other).some((key) => other[key] !== undefined && one[key] === undefined)) return false;
    }
  }
  return true;
};

/** Freezes a JSON value and all it holds, in place, and returns it. What is frozen already is taken to be frozen to the bottom. */
export const deepFreeze = <T>(value: T): T => {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const member of Object.values(next)) left.push(member);
  }
  return value;
};
