/**
 * A source of jitter in [0, 1) that depends on the object and the attempt alone, so that decisions stay pure:
 * the same pass made twice waits the same time, and two objects wait different times. (FNV-1a.)
 */
export const jitterOf = (uid: string, attempt: number): (() => number) => {
  let hash = 0x811c9dc5;
  for (const character of `${uid}/${String(attempt)}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return () => hash / 0x1_0000_0000;
};
