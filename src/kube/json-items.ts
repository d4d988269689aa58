import { endOfString } from "../base/json/json-text.ts";
import { turns } from "../base/work/turns.ts";

const [QUOTE, COMMA, OPEN_BRACE, OPEN_LIST, CLOSE_BRACE, CLOSE_LIST] = [0x22, 0x2c, 0x7b, 0x5b, 0x7d, 0x5d];

/** Characters looked at between two turns of others. */
const STEP = 200_000;

/** A list of the API server as text, taken apart: parsed whole, a page of large objects takes hundreds of megabytes, and seconds, at once. */
export interface ListText {
  /** The list without its items. */
  readonly rest: string;
  readonly items: readonly string[];
}

/** Undefined when the text has no `items` that are a list: then it is not what a server sends. */
export const splitList = async (text: string): Promise<ListText | undefined> => {
  const turn = turns();
  const items: string[] = [];
  let [depth, start, listed, begin, looked] = [0, 0, 0, -1, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (depth === 1 && begin < 0 && isItems(text, at, end)) {
        begin = text.indexOf("[", end);
        at = begin;
        depth = 2;
        start = at + 1;
      } else at = end;
    } else if (code === OPEN_BRACE || code === OPEN_LIST) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_LIST) {
      depth--;
      if (depth === 1 && begin >= 0 && listed === 0) {
        push(items, text.slice(start, at));
        listed = at + 1;
      }
    } else if (code === COMMA && depth === 2 && begin >= 0 && listed === 0) {
      push(items, text.slice(start, at));
      start = at + 1;
    }
    if (at - looked < STEP) continue;
    looked = at;
    await turn();
  }
  return listed === 0 ? undefined : { rest: `${text.slice(0, begin)}[]${text.slice(listed)}`, items };
};

const push = (items: string[], item: string): void => {
  if (item.trim() !== "") items.push(item);
};

/** A key `items`, and a list behind it. */
const isItems = (text: string, start: number, end: number): boolean =>
  text.startsWith('"items"', start) && /^\s*:\s*\[/.test(text.slice(end + 1, end + 8));
