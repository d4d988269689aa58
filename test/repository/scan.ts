/** A piece of TypeScript: names and numbers, strings (`text` is what stands between the quotes), and single signs. */
export interface Token {
  readonly type: "word" | "string" | "sign";
  readonly text: string;
  readonly line: number;
}

export interface Import {
  /** As written. */
  readonly from: string;
  readonly line: number;
  /** Gone at run time. */
  readonly typeOnly: boolean;
  readonly form: "import" | "export" | "dynamic";
}

/** A `/` after one of these begins a regular expression, after anything else it divides. */
const BEFORE_REGEX = new Set(`( , = : [ ! & | ? { } ; + - * % < > ~ ^ return typeof case in of yield await`.split(" ")).add("");

const PIECES = {
  space: /[^\S\n]+/y,
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  string: /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y,
  regex: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  word: /[\p{L}_$#][\p{L}\p{N}_$]*|\d[\w.]*/uy,
  templatePart: /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y,
};

/** Tokens without comments and regular expressions. The strings of templates are tokens, and so is the code between `${` and `}`. */
export const tokenize = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  /** Open braces of each template that is being read, innermost last. */
  const templates: number[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found === undefined) return undefined;
    at += found.length;
    return found;
  };
  const put = (type: Token["type"], text: string, raw = text): void => {
    tokens.push({ type, text, line });
    line += raw.split("\n").length - 1;
  };
  const template = (): void => {
    const part = take(PIECES.templatePart) ?? "";
    put("string", part);
    if (source.startsWith("${", at)) templates.push(0);
    at += source.startsWith("${", at) ? 2 : 1;
  };
  while (at < source.length) {
    if (source[at] === "\n") line += 1;
    const skipped = source[at] === "\n" ? ((at += 1), "\n") : (take(PIECES.space) ?? take(PIECES.comment));
    if (skipped !== undefined) {
      if (skipped !== "\n") line += skipped.split("\n").length - 1;
      continue;
    }
    const string = take(PIECES.string);
    if (string !== undefined) put("string", string.slice(1, -1), string);
    else if (source[at] === "`") {
      at += 1;
      template();
    } else if (source[at] === "/" && BEFORE_REGEX.has(tokens.at(-1)?.text ?? "") && take(PIECES.regex) !== undefined) {
      put("string", "", "");
    } else {
      const word = take(PIECES.word);
      if (word !== undefined) put("word", word);
      else sign();
    }
  }
  return tokens;

  function sign(): void {
    const text = source[at] ?? "";
    const open = templates.at(-1);
    at += 1;
    if (open === 0 && text === "}") {
      templates.pop();
      template();
      return;
    }
    if (open !== undefined && (text === "{" || text === "}")) templates[templates.length - 1] = open + (text === "{" ? 1 : -1);
    put("sign", text);
  }
};

/** Every `import … from "…"`, `import "…"`, `export … from "…"` and `import("…")`, those of types among them. */
export const importsOf = (source: string): readonly Import[] => {
  const tokens = tokenize(source);
  return tokens.flatMap((token, index): readonly Import[] => {
    if (token.type !== "word" || tokens[index - 1]?.text === ".") return [];
    if (token.text === "import") return fromImport(tokens, index);
    return token.text === "export" ? fromExport(tokens, index) : [];
  });
};

const fromImport = (tokens: readonly Token[], index: number): readonly Import[] => {
  const [first, second] = [tokens[index + 1], tokens[index + 2]];
  const line = tokens[index]?.line ?? 0;
  if (first === undefined || second === undefined) return [];
  if (first.type === "string") return [{ from: first.text, line, typeOnly: false, form: "import" }];
  if (first.text === "(") {
    const ofType = tokens[index - 1]?.text === "typeof";
    return second.type === "string" ? [{ from: second.text, line, typeOnly: ofType, form: "dynamic" }] : [];
  }
  const typeOnly = first.text === "type" && second.text !== "from" && second.text !== ",";
  return sourceAfter(tokens, index).map((from) => ({ from, line, typeOnly, form: "import" }));
};

const fromExport = (tokens: readonly Token[], index: number): readonly Import[] => {
  const typeOnly = tokens[index + 1]?.text === "type";
  const start = index + (typeOnly ? 2 : 1);
  const line = tokens[index]?.line ?? 0;
  if (tokens[start]?.text === "*") return sourceAfter(tokens, start).map((from) => ({ from, line, typeOnly, form: "export" }));
  if (tokens[start]?.text !== "{") return [];
  const end = tokens.findIndex(({ type, text }, place) => place > start && type === "sign" && text === "}");
  const source = tokens[end + 2];
  if (tokens[end + 1]?.text !== "from" || source?.type !== "string") return [];
  return [{ from: source.text, line, typeOnly, form: "export" }];
};

/** The string behind the next `from`. */
const sourceAfter = (tokens: readonly Token[], index: number): readonly string[] => {
  const place = tokens.findIndex(({ type, text }, at) => at > index && type === "word" && text === "from" && tokens[at + 1]?.type === "string");
  return place < 0 ? [] : [tokens[place + 1]?.text ?? ""];
};

/** Lines on which the signs and words of `wanted`, separated by blanks, follow each other: `process . env`. */
export const linesWith = (tokens: readonly Token[], wanted: string): readonly number[] => {
  const words = wanted.split(" ");
  return tokens.flatMap(({ line }, index) =>
    words.every((word, offset) => tokens[index + offset]?.type !== "string" && tokens[index + offset]?.text === word) ? [line] : [],
  );
};
