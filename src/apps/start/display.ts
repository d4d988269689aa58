import type { Clock } from "../../base/time/clock.ts";
import type { Environment } from "../../base/process/environment.ts";
import { cutLine, span, type Line } from "../view/line.ts";
import { duration } from "../view/times.ts";
import { treeLines } from "../view/tree.ts";
import { rowOf, type EstateView } from "./estate-view.ts";
import { changeLog } from "./change-log.ts";
import { openLiveArea, type LiveArea, type Picture, type Screen } from "./live-area.ts";

export type Shown = Pick<EstateView, "all" | "objects">;

/** What a person sees of a run. */
export interface Display {
  /** Prints lines that stay. */
  print(text: string): void;
  /** What is being done, until something else is shown; on a terminal only. */
  doing(what: string): void;
  /** Objects as they are now: on a terminal all of the cluster, otherwise those that were applied. `hint`: what a person may do meanwhile. */
  show(view: Shown, hint: string): void;
  /** Whether it follows objects as long as the run lasts, or until they are satisfied. */
  readonly isLive: boolean;
  close(): void;
}

export interface DisplayOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly colour: boolean;
}

/** A terminal on which the cursor can be moved. */
export const isTerminal = (screen: Pick<Screen, "isTTY">, { TERM }: Environment): boolean => screen.isTTY === true && TERM !== "dumb";

/** https://no-color.org */
export const hasColours = ({ NO_COLOR }: Environment): boolean => (NO_COLOR ?? "") === "";

export const openDisplay = (options: DisplayOptions): Display => (options.screen.isTTY === true ? onTerminal(options) : inLines(options));

const inLines = ({ screen, clock }: DisplayOptions): Display => {
  let log: ReturnType<typeof changeLog> | undefined;
  return {
    print: (text) => void screen.write(`${text}\n`),
    doing: () => undefined,
    show: (view) => {
      const objects = view.objects();
      log ??= changeLog({ screen, clock });
      log(objects.map((node) => rowOf(node, objects)));
    },
    isLive: false,
    close: () => undefined,
  };
};

const onTerminal = (options: DisplayOptions): Display => {
  const { clock } = options;
  const area: LiveArea = openLiveArea(options);
  let followed: Shown | undefined;
  let shownHint = "";
  return {
    print: (text) => area.print(text),
    doing: (what) => {
      followed = undefined;
      area.show(progress(what, clock));
    },
    show: (view, hint) => {
      if (view === followed && hint === shownHint) return area.changed();
      followed = view;
      shownHint = hint;
      area.show(estate(view, hint, clock));
    },
    isLive: true,
    close: () => {
      if (followed === undefined) area.show({ lines: () => [], everyMs: 1000 });
      area.close();
    },
  };
};

const FRAMES = Array.from("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏");

const progress = (what: string, clock: Clock): Picture => {
  const began = clock.monotonic();
  let frame = 0;
  const lines = ({ columns }: { readonly columns: number }): readonly Line[] => {
    const mark = FRAMES[(frame += 1) % FRAMES.length] ?? "";
    return [cutLine([span(mark, "running"), span(` ${what} `), span(`(${duration(clock.monotonic() - began)})`, "faint")], columns - 1)];
  };
  return { lines, everyMs: 120 };
};

/** Room for the hint, and for a blank line above, is there in most terminals. */
const ROWS_WITH_HINT = 10;

const estate = (view: Shown, hint: string, clock: Clock): Picture => ({
  lines: ({ columns, rows }) => {
    const lines = (height: number): readonly Line[] => treeLines(view.all(), { columns, rows: height, nowMs: clock.now() });
    return rows < ROWS_WITH_HINT ? lines(rows) : [[], ...lines(rows - 2), cutLine([span(hint, "faint")], columns - 1)];
  },
  everyMs: 1000,
});
