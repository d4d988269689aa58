/** Longest part of a form that is looked up; of a longer one it is the beginning, and the rest is compared. */
const LOOKED_UP = 32;

/**
 * Answers whether a form, at least one character long, occurs in `text`, in time that depends on the length of the form alone: the parts of the
 * text of one length are filed by a hash when a form of that length is first asked for.
 */
export const occurrencesIn = (text: string): ((form: string) => boolean) => {
  const files = new Map<number, ReadonlyMap<number, number>>();
  return (form) => {
    const length = Math.min(form.length, LOOKED_UP);
    const file = files.get(length) ?? fileParts(text, length);
    files.set(length, file);
    const at = file.get(hashOf(form, length));
    return at !== undefined && (text.startsWith(form, at) || contains(text, form));
  };
};

const FACTOR = 0x01000193;
const { imul } = Math;

const hashOf = (text: string, length: number): number => {
  let hash = 0;
  for (let at = 0; at < length; at++) hash = (imul(hash, FACTOR) + text.charCodeAt(at)) | 0;
  return hash;
};

/** Hash of every part of that length → where the first of them begins. */
const fileParts = (text: string, length: number): ReadonlyMap<number, number> => {
  const parts = new Map<number, number>();
  if (text.length < length) return parts;
  let leaving = 1;
  for (let count = 1; count < length; count++) leaving = imul(leaving, FACTOR);
  let hash = hashOf(text, length);
  for (let at = 0; ; at++) {
    if (!parts.has(hash)) parts.set(hash, at);
    if (at + length >= text.length) return parts;
    hash = (imul(hash - imul(text.charCodeAt(at), leaving), FACTOR) + text.charCodeAt(at + length)) | 0;
  }
};

/** By Knuth, Morris and Pratt: `includes` takes the product of the lengths when both repeat themselves. */
const contains = (text: string, form: string): boolean => {
  const borders = bordersOf(form);
  let matched = 0;
  for (let at = 0; at < text.length; at++) {
    while (matched > 0 && text.charCodeAt(at) !== form.charCodeAt(matched)) matched = borders[matched - 1] ?? 0;
    if (text.charCodeAt(at) === form.charCodeAt(matched)) matched++;
    if (matched === form.length) return true;
  }
  return false;
};

/** Of each beginning of the form: how long the longest end of it is that is a beginning, too. */
const bordersOf = (form: string): Int32Array => {
  const borders = new Int32Array(form.length);
  for (let at = 1; at < form.length; at++) {
    let border = borders[at - 1] ?? 0;
    while (border > 0 && form.charCodeAt(at) !== form.charCodeAt(border)) border = borders[border - 1] ?? 0;
    borders[at] = form.charCodeAt(at) === form.charCodeAt(border) ? border + 1 : border;
  }
  return borders;
};
