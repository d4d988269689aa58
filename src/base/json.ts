/** An object of JSON or YAML: no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * One text for equal JSON values, in the manner of RFC 8785: keys in code-unit order, no spaces, numbers as `JSON.stringify` writes them.
 * What JSON cannot say is dropped from objects and is `null` in arrays, as `JSON.stringify` has it; at the top it is `null`.
 */
export const canonicalJson = (value: unknown): string => {
  const writing = canonicalParts(value);
  for (;;) {
    const next = writing.next();
    if (next.done === true) return next.value;
  }
};

/** Values written between two steps. */
const STEP = 2000;

/** {@link canonicalJson} in steps, between which others may have a turn. A stack and no recursion: others decide how deep a value is nested. */
export function* canonicalParts(value: unknown): Generator<undefined, string> {
  const written: string[] = [];
  const left: (string | { readonly value: unknown })[] = [{ value }];
  let count = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string") written.push(next);
    else if (Array.isArray(next.value)) pushReversed(left, "[", next.value.map((item: unknown): Part => ["", item]), "]");
    else if (isRecord(next.value)) pushReversed(left, "{", membersOf(next.value), "}");
    else written.push(JSON.stringify(next.value) ?? "null");
    if (++count % STEP === 0) yield;
  }
  return written.join("");
}

/** What stands before a value, and the value. */
type Part = readonly [before: string, value: unknown];

const membersOf = (record: Readonly<Record<string, unknown>>): readonly Part[] =>
  Object.keys(record)
    .sort()
    .filter((key) => isJson(record[key]))
    .map((key) => [`${JSON.stringify(key)}:`, record[key]]);

const isJson = (value: unknown): boolean => !["undefined", "function", "symbol"].includes(typeof value);

const pushReversed = (left: (string | { readonly value: unknown })[], open: string, parts: readonly Part[], close: string): void => {
  left.push(close);
  for (let index = parts.length - 1; index >= 0; index--) {
    const [before, value] = parts[index] ?? ["", undefined];
    left.push({ value }, `${index === 0 ? "" : ","}${before}`);
  }
  left.push(open);
};

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
