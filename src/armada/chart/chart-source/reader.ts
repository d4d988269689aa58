import { withDeadline } from "../../../base/time/deadline.ts";
import { assertNever } from "../../../base/errors.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { isPausing } from "../../attempts.ts";
import { REQUESTED_AT } from "../../names.ts";
import { intervalMs, sourceRetryMs } from "../decision/context.ts";
import type { SourceView } from "../source-view.ts";
import { fetchChart, holderOf, type FetchDeps, type Placing } from "./fetch.ts";

const NOTHING: Placing = { occasion: "", read: () => Promise.resolve({ charts: [], holds: [] }), missing: (name) => name };

export interface ReadOptions {
  /** Default: nothing. */
  readonly placing?: Placing;
  /** How long the caller has time. */
  readonly patienceMs?: number;
}

interface Read {
  /** What asks for a new read when it changes: generation, request, and what is placed. */
  readonly occasion: string;
  readonly atMs: number;
  /** Failures in a row, on this occasion. */
  readonly failures: number;
  readonly view: SourceView;
}

/** How long a pass waits for sources; then it goes on with what was read before. */
export const PATIENCE_MS = 1_000;
const LATE = new Error("the source takes its time");

interface Flight {
  readonly view: Promise<SourceView>;
  readonly stop: AbortController;
  /** Somebody has gone on without it. */
  late: boolean;
}

interface Reading {
  readonly chart: ArmadaChart;
  readonly occasion: string;
  readonly placing: Placing;
  readonly signal: AbortSignal;
  /** Undefined when the chart has been forgotten meanwhile, or something else is wanted of it. */
  readonly flight: () => Flight | undefined;
}

/**
 * Reads charts when there is an occasion: a new generation, a request, or the interval. After a failure there is none for a while, which grows
 * with each, so that passes for other reasons do not read a broken source. Callers for one occasion share the read, and none waits long for it: a slow
 * server holds up neither the release that runs nor other charts.
 */
export class ChartReader {
  readonly #deps: FetchDeps;
  readonly #onChange: (uid: string) => void;
  readonly #reads = new Map<string, Read>();
  readonly #flights = new Map<string, Flight>();

  /** `onChange`: a chart was read, and is not as it was, or somebody has gone on without it. */
  constructor(deps: FetchDeps & { readonly onChange?: (uid: string) => void }) {
    this.#deps = deps;
    this.#onChange = deps.onChange ?? (() => undefined);
  }

  async read(chart: ArmadaChart, { placing = NOTHING, patienceMs = PATIENCE_MS }: ReadOptions, signal: AbortSignal): Promise<SourceView> {
    const occasion = occasionOf(chart, placing);
    const known = this.#lastOn(chart.metadata.uid, occasion);
    const last = known !== undefined && (await this.#isHeld(chart, known.view)) ? known : undefined;
    if (last !== undefined && this.#isBelieved(chart, last)) return last.view;
    const flight = this.#share(chart, occasion, placing);
    if (flight.late) return this.#meanwhile(chart, last);
    try {
      return await withDeadline({ clock: this.#deps.clock, ms: patienceMs, reason: LATE }, () => flight.view, signal);
    } catch (error) {
      if (error !== LATE) throw error;
      flight.late = true;
      return this.#meanwhile(chart, last);
    }
  }

  /** What is believed while it is read again. */
  #meanwhile(chart: ArmadaChart, last: Read | undefined): SourceView {
    if (last === undefined) return { state: "reading" };
    const { view, failures } = last;
    return "retryAtMs" in view ? { ...view, retryAtMs: this.#deps.clock.now() + sourceRetryMs(chart, failures + 1) } : view;
  }

  /** The chart is gone. What is being read of it is not remembered. */
  forget(uid: string): void {
    this.#end(uid);
    this.#reads.delete(uid);
    this.#deps.keeper.release(uid);
  }

  /** What helm will be given is there, and stays. */
  async #isHeld(chart: ArmadaChart, view: SourceView): Promise<boolean> {
    return view.state !== "ready" || (await this.#deps.keeper.hold(holderOf(chart), view.artifact));
  }

  /** What was read is of no use any more. */
  distrust(uid: string): void {
    const last = this.#reads.get(uid);
    if (last !== undefined) this.#reads.set(uid, { ...last, occasion: "" });
  }

  #lastOn(uid: string, occasion: string): Read | undefined {
    const last = this.#reads.get(uid);
    return last?.occasion === occasion ? last : undefined;
  }

  #isBelieved(chart: ArmadaChart, { view, atMs }: Read): boolean {
    return "retryAtMs" in view ? isPausing(view.retryAtMs, this.#deps.clock.now()) : this.#deps.clock.monotonic() - atMs < intervalMs(chart);
  }

  #share(chart: ArmadaChart, occasion: string, placing: Placing): Flight {
    const key = `${chart.metadata.uid} ${occasion}`;
    const running = this.#flights.get(key);
    if (running !== undefined) return running;
    const current = (): Flight | undefined => (this.#flights.get(key) === flight ? flight : undefined);
    const instead = this.#end(chart.metadata.uid);
    const stop = new AbortController();
    const view = this.#readNow({ chart, occasion, placing, signal: stop.signal, flight: current }).finally(() => {
      if (current() !== undefined) this.#flights.delete(key);
    });
    // Whoever waits for another answer is told of this one.
    const flight: Flight = { view, stop, late: false };
    this.#flights.set(key, flight);
    if (instead) void view.then(() => this.#onChange(chart.metadata.uid));
    return flight;
  }

  /** What is being read of the chart is not wanted any more. False when nothing is. */
  #end(uid: string): boolean {
    const over = [...this.#flights].filter(([key]) => key.startsWith(`${uid} `));
    for (const [key, { stop }] of over) {
      this.#flights.delete(key);
      stop.abort(new Error("something else is wanted of the chart"));
    }
    return over.length > 0;
  }

  async #readNow({ chart, occasion, placing, signal, flight }: Reading): Promise<SourceView> {
    const { uid } = chart.metadata;
    const failures = (this.#lastOn(uid, occasion)?.failures ?? 0) + 1;
    const wanted = (): boolean => flight() !== undefined;
    // It outlives a caller that gives up; sources have deadlines of their own.
    const view = await fetchChart(this.#deps, { chart, placing, failures, wanted }, signal);
    const current = flight();
    if (current === undefined) {
      if (!this.#reads.has(uid)) this.#deps.keeper.release(uid);
      return { state: "reading" };
    }
    const before = this.#reads.get(uid)?.view;
    this.#reads.set(uid, { occasion, atMs: this.#deps.clock.monotonic(), failures: "retryAtMs" in view ? failures : 0, view });
    if (current.late || (before !== undefined && gistOf(before) !== gistOf(view))) this.#onChange(uid);
    return view;
  }
}

const occasionOf = ({ metadata: { generation, annotations } }: ArmadaChart, { occasion }: Placing): string =>
  [String(generation), annotations?.[REQUESTED_AT] ?? "", occasion].join(" ");

/** What charts that hold this one are to be told of. */
const gistOf = (view: SourceView): string => {
  switch (view.state) {
    case "unread":
    case "reading":
      return view.state;
    case "ready":
      return view.artifact.digest;
    case "waiting":
      return view.missing;
    case "failed":
      return view.failure.message;
    default:
      return assertNever(view);
  }
};
