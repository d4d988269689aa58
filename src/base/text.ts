/**
 * `text`, cut to at most `maxBytes` bytes of UTF-8, `hint` included, never inside a character. Text that fits is returned as it is.
 * `hint` is what the end says when something was cut, e.g. `… (cut)`.
 */
export const cutUtf8 = (text: string, maxBytes: number, hint: string): string => {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.byteLength <= maxBytes) return text;
  let end = Math.max(0, maxBytes - Buffer.byteLength(hint, "utf8"));
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end) + hint;
};

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;

/** `text` on one line: every run of white space that holds a line break becomes one space. */
export const oneLine = (text: string): string => text.replaceAll(/\s+/g, (gap) => (/[\r\n]/.test(gap) ? " " : gap)).trim();

/** `text` without the characters `char` that it ends in. */
export const trimEnd = (text: string, char: string): string => {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === char) end--;
  return text.slice(0, end);
};

/** `a, b or c`. */
export const listedOr = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;

/** `a, b, c and 4 more`. */
export const listed = (names: readonly string[], max = 3): string => {
  const shown = names.slice(0, max).join(", ");
  return names.length > max ? `${shown} and ${String(names.length - max)} more` : shown;
};
