/** A list or an object that is being written. */
interface Frame {
  readonly open: string;
  /** Of an object, by their keys; made for the first, as there may be hundred thousands of empty ones. */
  members: Map<string, string> | undefined;
  /** Of a list. */
  items: string[] | undefined;
  key: string;
}

/** Tokens read between two steps. */
const STEP = 500;
/** Parts that become one text at once. */
const JOINED = 1000;

/**
 * As `canonicalJson` of base/json/json.ts writes it, from text to text: what others wrote is never in memory as objects.
 * In steps, between which others may have a turn.
 */
export function* canonicalText(text: string): Generator<undefined, string> {
  const frames: Frame[] = [];
  let [result, count] = ["", 0];
  const put = (written: string): void => {
    const frame = frames.at(-1);
    if (frame === undefined) result = written;
    else if (frame.open === "[") (frame.items ??= []).push(written);
    else (frame.members ??= new Map<string, string>()).set(frame.key, written);
  };
  for (const token of tokensOf(text)) {
    const frame = frames.at(-1);
    if (token === "{" || token === "[") frames.push({ open: token, members: undefined, items: undefined, key: "" });
    else if (token === "}" || token === "]") {
      frames.pop();
      if (frame !== undefined) put(yield* closed(frame));
    } else if (frame !== undefined && isKey(token)) frame.key = keyOf(token);
    else put(JSON.stringify(JSON.parse(token)));
    if (++count % STEP === 0) yield;
  }
  return result;
}

function* closed({ open, members, items = [] }: Frame): Generator<undefined, string> {
  if (open === "{" && members === undefined) return "{}";
  if (members === undefined) return `[${yield* joined(items, (item) => item)}]`;
  // Servers write them in nearly this order, so this does not take long.
  const keys = [...members.keys()].sort();
  return `{${yield* joined(keys, (key) => `${JSON.stringify(key)}:${members.get(key) ?? "null"}`)}}`;
}

function* joined(parts: readonly string[], write: (part: string) => string): Generator<undefined, string> {
  if (parts.length <= JOINED) return parts.map(write).join(",");
  const texts: string[] = [];
  for (let at = 0; at < parts.length; at += JOINED) {
    texts.push(
      parts
        .slice(at, at + JOINED)
        .map(write)
        .join(","),
    );
    yield;
  }
  return texts.join(",");
}

/** Of a token: it is the key of what comes next. */
export const isKey = (token: string): boolean => token.endsWith(":");

export const keyOf = (token: string): string => String(JSON.parse(token.slice(0, -1)));

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];
const BLANK = 0x20;

/** A JSON text in order, as it is written: brackets, keys with their colon, and values that are none of these. */
export function* tokensOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    const end = isBetween(code) ? at + 1 : endOfToken(text, at);
    if (!isBetween(code)) yield text.slice(at, end);
    at = end;
  }
}

const isBetween = (code: number): boolean => code <= BLANK || code === COMMA;
const isBracket = (code: number): boolean => code === OPEN_LIST || code === CLOSE_LIST || code === OPEN_BRACE || code === CLOSE_BRACE;

const endOfToken = (text: string, start: number): number => {
  const code = text.charCodeAt(start);
  if (isBracket(code)) return start + 1;
  let end = start + 1;
  if (code !== QUOTE) {
    while (end < text.length && !isBetween(text.charCodeAt(end)) && !isBracket(text.charCodeAt(end))) end++;
    return end;
  }
  end = endOfString(text, start) + 1;
  return text.charCodeAt(end) === COLON ? end + 1 : end;
};

/** Where the string that begins at `start` has its closing quote. */
export const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
};
