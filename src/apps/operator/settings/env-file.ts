import { messageOf } from "../../../base/errors.ts";

/**
 * Variables of a file of lines `KEY=VALUE`. Empty lines and those that begin with `#` say nothing; ` #` ends a value that has no quotes; in
 * `"…"` a backslash stands before `"`, `\` and `n`, in `'…'` everything is as written; `export` may stand before the key; of two the last
 * counts. Throws one sentence that names file and line, and never quotes the line: it may hold a secret.
 */
export const parseEnvFile = (file: string, text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/)
      .flatMap((line, index) => {
        if (/^\s*(?:#|$)/.test(line)) return [];
        const [, key, value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
        if (key === undefined) throw new Error(`env file ${file}, line ${String(index + 1)}: it must be KEY=VALUE, or a comment after #`);
        const read = valueOf(value);
        if (read === undefined) throw new Error(`env file ${file}, line ${String(index + 1)}: the value of ${key} has an unterminated quote`);
        return [[key, read]];
      }),
  );

const valueOf = (text: string): string | undefined => {
  if (!/^["']/.test(text)) return text.replace(/(?:^|\s+)#.*$/, "");
  const [, single, double] = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")(?:\s+#.*|\s*)$/.exec(text) ?? [];
  return single ?? double?.replaceAll(/\\(.)/g, (both, sign: string) => (sign === "n" ? "\n" : sign === '"' || sign === "\\" ? sign : both));
};

/** The same of a file on disk. Throws one sentence when it cannot be read. */
export const readEnvFile = (file: string, read: (path: string) => string): Readonly<Record<string, string>> => {
  let text: string;
  try {
    text = read(file);
  } catch (error) {
    throw new Error(`cannot read env file ${file}: ${messageOf(error)}`, { cause: error });
  }
  return parseEnvFile(file, text);
};
