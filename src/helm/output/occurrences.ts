/**
 * Answers whether a form, at least one character long, occurs in `text`, in time that depends on the length of the form alone, whatever both are:
 * by the beginnings of the text's ends in order. In steps.
 */
export function* occurrencesIn(text: string): Generator<undefined, (form: string) => boolean> {
  const ends = yield* sortedEnds(text);
  return (form) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(text, ends[middle] ?? 0, form);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  };
}

/** Of what begins at `start`, as long as the form is. */
const compare = (text: string, start: number, form: string): number => {
  for (let at = 0; at < form.length; at++) {
    if (start + at >= text.length) return -1;
    const difference = text.charCodeAt(start + at) - form.charCodeAt(at);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Where the ends of a text begin, in the order of the ends (a suffix array): sorted by one character, then by two, four, … of them. */
function* sortedEnds(text: string): Generator<undefined, Int32Array> {
  const { length } = text;
  let ranks: Int32Array = Int32Array.from({ length }, (_, at) => text.charCodeAt(at));
  let ends: Int32Array = sortedBy(
    ranks,
    Int32Array.from({ length }, (_, at) => at),
  );
  for (let width = 1; width < length; width *= 2) {
    yield;
    const byRest = ends.filter((at) => at >= width);
    ends = sortedBy(
      ranks,
      Int32Array.from({ length }, (_, at) => (at < width ? length - width + at : (byRest[at - width] ?? 0) - width)),
    );
    ranks = ranksOf(ends, ranks, width);
    if (ranks[ends.at(-1) ?? 0] === length - 1) break;
  }
  return ends;
}

/** Those of the same rank stay in their order. */
const sortedBy = (ranks: Int32Array, ends: Int32Array): Int32Array => {
  const places = new Int32Array(Math.max(ranks.length, CHARACTERS) + 1);
  for (const rank of ranks) places[rank + 1] = (places[rank + 1] ?? 0) + 1;
  for (let rank = 1; rank < places.length; rank++) places[rank] = (places[rank] ?? 0) + (places[rank - 1] ?? 0);
  const sorted = new Int32Array(ends.length);
  for (const end of ends) {
    const rank = ranks[end] ?? 0;
    const place = places[rank] ?? 0;
    sorted[place] = end;
    places[rank] = place + 1;
  }
  return sorted;
};

const CHARACTERS = 65_536;

/** Ranks by `width` characters more; the same where these are the same. */
const ranksOf = (ends: Int32Array, before: Int32Array, width: number): Int32Array => {
  const ranks = new Int32Array(ends.length);
  let rank = 0;
  for (let place = 1; place < ends.length; place++) {
    const [end = 0, last = 0] = [ends[place], ends[place - 1]];
    if (before[end] !== before[last] || (before[end + width] ?? -1) !== (before[last + width] ?? -1)) rank++;
    ranks[end] = rank;
  }
  return ranks;
};
