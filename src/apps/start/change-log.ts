import type { Clock } from "../../base/time/clock.ts";
import { printable } from "../view/text.ts";
import { withRelativeTimes } from "../view/times.ts";
import type { Screen } from "./live-area.ts";

/** One object on one line. */
export interface Row {
  /** What makes it the same row later. */
  readonly key: string;
  /** Times as RFC 3339. */
  readonly line: string;
}

/** Where nothing can be drawn again: each change of what it is given is a line, with the time since the beginning. */
export const changeLog = ({ screen, clock }: { readonly screen: Screen; readonly clock: Clock }): ((rows: readonly Row[]) => void) => {
  const began = clock.monotonic();
  let shown: readonly Row[] = [];
  const line = (text: string): unknown => screen.write(`${((clock.monotonic() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  return (rows) => {
    const { changed, gone } = changes(shown, rows);
    for (const row of changed) line(printable(withRelativeTimes(row.line, clock.now())));
    for (const row of gone) line(`${row.key} is gone`);
    shown = rows;
  };
};

/** Rows whose line is new, in the order of the later ones, and those that are gone. */
const changes = (before: readonly Row[], after: readonly Row[]): { readonly changed: readonly Row[]; readonly gone: readonly Row[] } => {
  const earlier = new Map(before.map(({ key, line }) => [key, line]));
  const later = new Set(after.map(({ key }) => key));
  return { changed: after.filter(({ key, line }) => earlier.get(key) !== line), gone: before.filter(({ key }) => !later.has(key)) };
};
