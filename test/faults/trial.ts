import { systemClock } from "../../src/base/time/clock.ts";
import { messageOf } from "../../src/base/errors.ts";
import type { Facts, Logger } from "../../src/base/log.ts";
import { NAMESPACES } from "../../src/armada/chart/objects/release-objects.ts";
import { differenceOf, endStateOf, type EndState } from "./end-state.ts";
import { Life } from "./life.ts";
import { startMortalOperator, type MortalOperator } from "./mortal-operator.ts";
import { Place, type Act, type Scenario } from "./scenarios.ts";
import type { SweepSite } from "./site.ts";

/** `crash`: killed with its helm processes, nothing gets done or answered any more. `abort`: told to stop, as by SIGTERM. */
export const MODES = ["crash", "abort"] as const;
export type Mode = (typeof MODES)[number];

export interface Fault {
  readonly mode: Mode;
  /** Name and occurrence: `after POST jobs/blog #1`. */
  readonly point: string;
}

export interface TrialResult {
  /** Met while the scenario was acted, in order. */
  readonly points: readonly string[];
  /** Helm processes started meanwhile. */
  readonly helmRuns: number;
  /** After each act. */
  readonly states: readonly EndState[];
  /** The fault's point was met. */
  readonly struck: boolean;
}

export interface TrialOptions {
  readonly namespace: string;
  readonly fault?: Fault;
  /** What an undisturbed trial came to after each act: waited for. */
  readonly expected?: readonly EndState[];
  /** For each act; default 40 s. */
  readonly withinMs?: number;
}

const QUIET_MS = 300;
const POLL_MS = 100;
const ACT_MS = 40_000;
const LOG_LINES = 40;

const never = new AbortController().signal;

/** One run of a scenario in a namespace of its own, with at most one fault. */
class Trial {
  readonly points: string[] = [];
  helmRuns = 0;
  struck = false;
  readonly log: string[] = [];
  readonly #site: SweepSite;
  readonly #options: TrialOptions;
  readonly #met = new Map<string, number>();
  #counting = false;
  #leaseHolds = 0;
  #life = new Life(() => undefined);
  #operator: Promise<MortalOperator>;
  #running: MortalOperator | undefined;
  #trouble: unknown;

  constructor(site: SweepSite, options: TrialOptions) {
    this.#site = site;
    this.#options = options;
    this.#operator = this.#start();
  }

  async run({ setup, acts }: Scenario): Promise<readonly EndState[]> {
    const place = new Place(this.#site.api, this.#options.namespace);
    await this.#operator;
    for (const act of setup) await this.#perform(act, place);
    this.#counting = true;
    const states: EndState[] = [];
    for (const act of acts) states.push(await this.#perform(act, place, this.#options.expected?.[states.length]));
    return states;
  }

  async stop(): Promise<void> {
    this.#counting = false;
    await this.#operator.then(
      (operator) => operator.stop(),
      () => undefined,
    );
  }

  /** Acts, and waits until it is done, the operator has come to rest, and everything is as expected. */
  async #perform({ act, done }: Act, place: Place, expected?: EndState): Promise<EndState> {
    await act(place);
    const { withinMs = ACT_MS } = this.#options;
    const untilMs = systemClock.monotonic() + withinMs;
    let state: EndState | undefined;
    while (systemClock.monotonic() < untilMs) {
      if (this.#trouble !== undefined) throw this.#trouble;
      if ((await this.#isQuiet()) && (await done(place))) {
        state = await endStateOf(this.#site.api, place.namespace, never);
        if (this.#life.quietMs() >= QUIET_MS && (expected === undefined || differenceOf(expected, state).length === 0)) return state;
      }
      await systemClock.sleep(POLL_MS, never);
    }
    const found = state ?? (await endStateOf(this.#site.api, place.namespace, never));
    throw new Error(`not as undisturbed after ${String(withinMs / 1000)} s:\n${differenceOf(expected ?? [], found).join("\n")}`);
  }

  async #isQuiet(): Promise<boolean> {
    await this.#operator;
    return this.#life.quietMs() >= QUIET_MS;
  }

  async #start(): Promise<MortalOperator> {
    const { namespace } = this.#options;
    const { cluster, helmEnv } = this.#site;
    this.#leaseHolds += 1;
    const life = new Life((name) => this.#meet(name));
    this.#life = life;
    this.#running = await startMortalOperator({
      cluster,
      helmEnv,
      life,
      config: await this.#site.configOf(namespace, this.#leaseHolds),
      epoch: `${String(this.#leaseHolds)}-sweep`,
      log: this.#logger({ operator: this.#leaseHolds }),
      onFailure: (error) => (this.#trouble = error),
    });
    return this.#running;
  }

  #meet(name: string): void {
    if (!this.#counting) return;
    const times = (this.#met.get(name) ?? 0) + 1;
    this.#met.set(name, times);
    const point = `${name} #${String(times)}`;
    // What is told often is told as often as it pleases; the first time is what counts.
    if (times === 1 || !name.startsWith("heard ")) this.points.push(point);
    if (name.startsWith("started helm ")) this.helmRuns += 1;
    if (!this.struck && point === this.#options.fault?.point) this.#strike(this.#options.fault.mode);
  }

  /** The next operator begins when the one before has ended: it holds the Lease until then, and the kernel has ended its helm. */
  #strike(mode: Mode): void {
    this.struck = true;
    this.log.push(`--- ${mode} ---`);
    const ended = mode === "crash" ? this.#running?.kill() : this.#running?.stop();
    this.#operator = Promise.resolve(ended).then(() => this.#start());
    this.#operator.catch((error: unknown) => (this.#trouble = error));
  }

  #logger(more: Facts): Logger {
    const take = (message: string, facts?: Facts): void => {
      this.log.push(`${message} ${JSON.stringify({ ...more, ...facts })}`);
    };
    return { debug: () => undefined, info: take, warn: take, error: take, with: (facts) => this.#logger({ ...more, ...facts }) };
  }
}

/** Rejects with what is not as undisturbed, the points met and the end of the operators' log. */
export const runTrial = async (site: SweepSite, scenario: Scenario, options: TrialOptions): Promise<TrialResult> => {
  const { namespace } = options;
  await site.api.create({ resource: NAMESPACES }, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, never);
  const trial = new Trial(site, options);
  try {
    const states = await trial.run(scenario);
    const { points, helmRuns, struck } = trial;
    return { points, helmRuns, struck, states };
  } catch (error) {
    throw new Error(`${messageOf(error)}\n${trial.log.slice(-LOG_LINES).join("\n")}`, { cause: error });
  } finally {
    await trial.stop();
  }
};
