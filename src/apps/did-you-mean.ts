/** More edits than this make another word. */
const FAR = 3;

/** ` (did you mean info?)`, or nothing where no candidate is near. commander does the same for flags, and for nothing else. */
export const didYouMean = (word: string, candidates: readonly string[]): string => {
  const near = candidates
    .map((candidate) => ({ candidate, edits: editsBetween(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= FAR && edits < 0.6 * Math.max(word.length, candidate.length))
    .toSorted((a, b) => a.edits - b.edits);
  return near[0] === undefined ? "" : ` (did you mean ${near[0].candidate}?)`;
};

/** Insertions, deletions, changes and swaps of neighbours that make `b` of `a`. */
const editsBetween = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped));
    }
  }
  return at(a.length, b.length);
};
