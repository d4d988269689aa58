/** A pattern that Go's `filepath.Match` calls malformed. */
export class GlobError extends Error {
  override readonly name = "GlobError";
}

type Test = (character: string) => boolean;
type Token = "*" | Test;

/**
 * Go's `filepath.Match` on Unix: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]`, backslash escapes; the whole name must match.
 * Time is bounded by pattern length times name length, whatever the pattern; `spend` is told of each step, and ends it by throwing.
 * @throws {GlobError} An open bracket, an empty class, a trailing backslash.
 */
export const compileGlob = (pattern: string): ((name: readonly string[], spend: () => void) => boolean) => {
  const tokens = tokenize(Array.from(pattern));
  return (name, spend) => matches(tokens, name, spend);
};

const matches = (tokens: readonly Token[], name: readonly string[], spend: () => void): boolean => {
  let [token, at, star, mark] = [0, 0, -1, 0];
  while (token < tokens.length || at < name.length) {
    spend();
    const [test, character] = [tokens[token], name[at]];
    if (test === "*") {
      star = token++;
      mark = at;
    } else if (test !== undefined && character !== undefined && test(character)) {
      token++;
      at++;
    } else if (star >= 0 && mark < name.length && name[mark] !== "/") {
      at = ++mark;
      token = star + 1;
    } else return false;
  }
  return true;
};

const tokenize = (characters: readonly string[]): readonly Token[] => {
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") tokens.push("*");
    else if (character === "?") tokens.push((other) => other !== "/");
    else if (character === "[") {
      const { test, last } = readClass(characters, at);
      tokens.push(test);
      at = last;
    } else {
      const wanted = character === "\\" ? escaped(characters, ++at) : character;
      tokens.push((other) => other === wanted);
    }
  }
  return tokens;
};

/** Reads the class that opens at `open`; `last` is where its closing bracket stands. */
const readClass = (characters: readonly string[], open: number): { readonly test: Test; readonly last: number } => {
  const negated = characters[open + 1] === "^";
  let at = open + (negated ? 2 : 1);
  const ranges: (readonly [low: string, high: string])[] = [];
  while (characters[at] !== "]" || ranges.length === 0) {
    const low = readMember(characters, at);
    const high = characters[low.next] === "-" ? readMember(characters, low.next + 1) : low;
    ranges.push([low.character, high.character]);
    at = high.next;
  }
  return { test: (character) => ranges.some(([low, high]) => low <= character && character <= high) !== negated, last: at };
};

const readMember = (characters: readonly string[], at: number): { readonly character: string; readonly next: number } => {
  const character = characters[at];
  if (character === undefined || character === "-" || character === "]") throw new GlobError("a [ is not closed or is empty");
  if (character !== "\\") return { character, next: at + 1 };
  return { character: escaped(characters, at + 1), next: at + 2 };
};

const escaped = (characters: readonly string[], at: number): string => {
  const character = characters[at];
  if (character === undefined) throw new GlobError("it ends in a backslash");
  return character;
};
