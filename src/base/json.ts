/** An object of JSON or YAML: no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * One text for equal JSON values, in the manner of RFC 8785: keys in code-unit order, no spaces, numbers as `JSON.stringify` writes them.
 * What JSON cannot say is dropped from objects and is `null` in arrays, as `JSON.stringify` has it; at the top it is `null`.
 */
export const canonicalJson = (value: unknown): string => write(value) ?? "null";

const write = (value: unknown): string | undefined => {
  if (Array.isArray(value)) return `[${value.map((item) => write(item) ?? "null").join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const text = write(value[key]);
      return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
    });
  return `{${members.join(",")}}`;
};

/** Equality of JSON values: the order of keys does not count, an absent member equals an undefined one. */
export const deepEqual = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  return Object.keys(a).every((key) => deepEqual(a[key], b[key])) && Object.keys(b).every((key) => b[key] === undefined || a[key] !== undefined);
};

/** Freezes a JSON value and all it holds, in place, and returns it. What is frozen already is taken to be frozen to the bottom. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
};
