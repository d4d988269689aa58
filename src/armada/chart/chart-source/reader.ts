import type { Clock } from "../../../base/clock.ts";
import { withDeadline } from "../../../base/deadline.ts";
import { assertNever } from "../../../base/errors.ts";
import type { ArtifactHolder, ArtifactKeeper, ChartArtifact, ChartSource, SourceSpec } from "../../../sources/source.ts";
import { ChartsLacking, type SourceError, unreadable } from "../../../sources/errors.ts";
import { factsOf, isRemote } from "../../../sources/types.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { failureOf, isPausing } from "../../attempts.ts";
import { REQUESTED_AT } from "../../names.ts";
import { intervalMs, sourceRetryMs } from "../decision/context.ts";
import { sourceOf } from "../desired.ts";
import type { SourceView } from "../source-view.ts";

/** What a source gets from Secrets. Rejects with `SourceError`. */
export type SourceSecrets = (chart: ArmadaChart, signal: AbortSignal) => Promise<Pick<SourceSpec, "credentials" | "verify">>;

/** What comes into a chart's charts/. */
export interface Placing {
  /** Changes with what is placed, as far as that is known before it is read. */
  readonly occasion: string;
  /** Rejects with `SourceError`. */
  readonly read: (signal: AbortSignal) => Promise<PlacedCharts>;
  /** What to create where the chart does not hold a name of {@link PlacedCharts.holds}: that is no failure, it may come. */
  readonly missing: (name: string, because: string | undefined) => string;
}

export interface PlacedCharts {
  readonly charts: readonly ChartArtifact[];
  /** What nothing else stands for: the chart must hold it itself. */
  readonly holds: readonly string[];
}

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

interface Fetching extends Pick<Reading, "chart" | "placing"> {
  readonly failures: number;
  readonly wanted: () => boolean;
}

/**
 * Reads charts when there is an occasion: a new generation, a request, or the interval. After a failure there is none for a while, which grows
 * with each, so that passes for other reasons do not read a broken source. Callers for one occasion share the read, and none waits long for it: a slow
 * server holds up neither the release that runs nor other charts.
 */
export class ChartReader {
  readonly #source: ChartSource;
  readonly #clock: Clock;
  readonly #secrets: SourceSecrets;
  readonly #keeper: ArtifactKeeper;
  readonly #onChange: (uid: string) => void;
  readonly #reads = new Map<string, Read>();
  readonly #flights = new Map<string, Flight>();

  /** `onChange`: a chart was read, and is not as it was, or somebody has gone on without it. */
  constructor(deps: {
    readonly source: ChartSource;
    readonly keeper: ArtifactKeeper;
    readonly clock: Clock;
    readonly secrets: SourceSecrets;
    readonly onChange?: (uid: string) => void;
  }) {
    this.#keeper = deps.keeper;
    this.#secrets = deps.secrets;
    this.#onChange = deps.onChange ?? (() => undefined);
    this.#source = deps.source;
    this.#clock = deps.clock;
  }

  async read(chart: ArmadaChart, { placing = NOTHING, patienceMs = PATIENCE_MS }: ReadOptions, signal: AbortSignal): Promise<SourceView> {
    const occasion = occasionOf(chart, placing);
    const known = this.#lastOn(chart.metadata.uid, occasion);
    const last = known !== undefined && (await this.#isHeld(chart, known.view)) ? known : undefined;
    if (last !== undefined && this.#isBelieved(chart, last)) return last.view;
    const flight = this.#share(chart, occasion, placing);
    if (flight.late) return this.#meanwhile(chart, last);
    try {
      return await withDeadline({ clock: this.#clock, ms: patienceMs, reason: LATE }, () => flight.view, signal);
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
    return "retryAtMs" in view ? { ...view, retryAtMs: this.#clock.now() + sourceRetryMs(chart, failures + 1) } : view;
  }

  /** The chart is gone. What is being read of it is not remembered. */
  forget(uid: string): void {
    this.#end(uid);
    this.#reads.delete(uid);
    this.#keeper.release(uid);
  }

  /** What helm will be given is there, and stays. */
  async #isHeld(chart: ArmadaChart, view: SourceView): Promise<boolean> {
    return view.state !== "ready" || (await this.#keeper.hold(holderOf(chart), view.artifact));
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
    return "retryAtMs" in view ? isPausing(view.retryAtMs, this.#clock.now()) : this.#clock.monotonic() - atMs < intervalMs(chart);
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
    const view = await this.#fetch({ chart, placing, failures, wanted }, signal);
    const current = flight();
    if (current === undefined) {
      if (!this.#reads.has(uid)) this.#keeper.release(uid);
      return { state: "reading" };
    }
    const before = this.#reads.get(uid)?.view;
    this.#reads.set(uid, { occasion, atMs: this.#clock.monotonic(), failures: "retryAtMs" in view ? failures : 0, view });
    if (current.late || (before !== undefined && gistOf(before) !== gistOf(view))) this.#onChange(uid);
    return view;
  }

  /** `failures`: how many in a row it will be if this one fails. */
  async #fetch({ chart, placing, failures, wanted }: Fetching, signal: AbortSignal): Promise<SourceView> {
    try {
      const { charts, holds } = await placing.read(signal);
      const secrets = await this.#secrets(chart, signal);
      const spec = { ...sourceOf(chart), ...secrets, ...(charts.length === 0 ? {} : { charts }), ...(holds.length === 0 ? {} : { holds }) };
      const artifact = await this.#source.fetch(spec, signal);
      if (wanted() && !(await this.#keeper.hold(holderOf(chart), artifact))) throw gone();
      return { state: "ready", artifact, dependencies: charts };
    } catch (error) {
      const isMissing = error instanceof ChartsLacking;
      // What is missing may be put there any moment; only what is on this machine is looked at as often.
      const retryAtMs = this.#clock.now() + sourceRetryMs(chart, isMissing && !isRemote(factsOf(chart.spec.source.type)) ? 1 : failures);
      return isMissing
        ? { state: "waiting", missing: missingOf(error, placing), retryAtMs }
        : { state: "failed", failure: failureOf(error), retryAtMs };
    }
  }
}

const occasionOf = ({ metadata: { generation, annotations } }: ArmadaChart, { occasion }: Placing): string =>
  [String(generation), annotations?.[REQUESTED_AT] ?? "", occasion].join(" ");

const holderOf = ({ metadata: { uid, namespace = "" } }: ArmadaChart): ArtifactHolder => ({ uid, namespace });

const missingOf = ({ names: [name = ""], cause }: ChartsLacking, { missing }: Placing): string =>
  missing(name, cause instanceof Error ? cause.message : undefined);

const gone = (): SourceError => unreadable("the chart was evicted from the cache before it could be used: it will be read again");

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
