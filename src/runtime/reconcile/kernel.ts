import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { oneLine } from "../../base/text.ts";
import { ApiError, isApiError } from "../api.ts";
import { classOf } from "../error-class.ts";
import { keyOf, type KubeObject } from "../object.ts";
import type { Requeue } from "./controller.ts";
import type { Awaiting, Kind, Outcome, Pass } from "./kind.ts";
import { ObjectWriter, type Said, type WriterDeps } from "./object-writer.ts";
import { PassMemories, type PassMemory } from "./pass-memory.ts";

export interface KernelDeps<Obj extends KubeObject> extends WriterDeps<Obj> {
  readonly store: WriterDeps<Obj>["store"] & { get(key: string): Obj | undefined };
  readonly log: Logger;
}

/** Looks at one key before another gets a turn; more would be a loop that does not converge. */
const MAX_STEPS = 32;
type Memory<Action, Observed> = PassMemory<Outcome<Action, Observed>>;

/**
 * Brings one object closer to what it asks for: look, decide, say, act, and look again until nothing is left to do.
 * The same for every kind. Any step may be lost: what it knew is read again, and an outcome that was not yet written down is kept for the next pass.
 */
export class Kernel<Obj extends KubeObject & { readonly status?: unknown }, Observed, Action, Verdict> {
  readonly #kind: Kind<Obj, Observed, Action, Verdict>;
  readonly #deps: KernelDeps<Obj>;
  readonly #writer: ObjectWriter<Obj>;
  readonly #memories = new PassMemories<Outcome<Action, Observed>>();

  constructor(kind: Kind<Obj, Observed, Action, Verdict>, deps: KernelDeps<Obj>) {
    this.#kind = kind;
    this.#deps = deps;
    this.#writer = new ObjectWriter<Obj>(kind, deps);
  }

  /** One pass over `key`. Returns when to look again. Rejects with the signal's reason when it was aborted. */
  async reconcile(key: string, signal: AbortSignal): Promise<Requeue> {
    for (let step = 0; step < MAX_STEPS; step += 1) {
      signal.throwIfAborted();
      const obj = this.#deps.store.get(key);
      if (obj === undefined) {
        this.#memories.drop(key);
        return {};
      }
      const memory = this.#memories.of(obj);
      try {
        const finished = await this.#step(obj, memory, signal);
        if (finished === undefined) continue;
        memory.untroubled();
        return finished;
      } catch (error) {
        if (signal.aborted) throw error;
        return await this.#brokeOff(key, memory, error, signal);
      }
    }
    this.#deps.log.warn("still busy after many steps; requeueing it", { object: key });
    return { afterMs: 0 };
  }

  /** Nothing is kept of an object that another works on. */
  forget(key: string): void {
    this.#memories.drop(key);
  }

  /** Undefined: look again at once. */
  async #step(obj: Obj, memory: Memory<Action, Observed>, signal: AbortSignal): Promise<Requeue | undefined> {
    if (obj.metadata.finalizers?.includes(this.#kind.finalizer) !== true) return this.#unprotected(obj, signal);
    const { outcomes } = memory;
    const observed = await this.#kind.observe(obj, signal);
    const decision = this.#kind.decide(obj, observed, outcomes);
    const pass = { observed, decision, outcomes };
    if (isTerminating(obj) && decision.gone === true) return this.#letGo(obj, memory, pass, signal);
    if (decision.actions.length > 0) return this.#sayAndAct(obj, memory, pass, signal);
    return this.#lookAgain(await this.#say(obj, memory, pass, signal), decision.wakeAtMs);
  }

  /** Nothing is done for an object before our finalizer keeps it; one that is going is not kept any more. */
  async #unprotected(obj: Obj, signal: AbortSignal): Promise<Requeue | undefined> {
    const foreign = this.#writer.foreignFinalizers(obj);
    if (!isTerminating(obj)) return (await this.#writer.setFinalizers(obj, [...foreign, this.#kind.finalizer], signal)) ? undefined : {};
    if (foreign.length < (obj.metadata.finalizers ?? []).length) await this.#writer.setFinalizers(obj, foreign, signal);
    return {};
  }

  /** At whichever comes first: what was too soon to be said, or what was decided. */
  #lookAgain({ current, againMs = Infinity }: Said<Obj>, wakeAtMs = Infinity): Requeue {
    const afterMs = Math.min(againMs, Math.max(0, wakeAtMs - this.#deps.clock.now()));
    return current === undefined || afterMs === Infinity ? {} : { afterMs };
  }

  /** What will not pass by itself is said on the object, and so is what may but does not. A conflict is no failure: the watch brings the news. */
  async #brokeOff(key: string, memory: Memory<Action, Observed>, error: unknown, signal: AbortSignal): Promise<Requeue> {
    const { clock, log, store } = this.#deps;
    memory.troubled(clock.monotonic());
    const obj = store.get(key);
    const untold = classOf(error, "terminal") !== "terminal" && !memory.lasts(clock.monotonic());
    if (obj?.metadata.uid === memory.uid && !untold) await this.#sayBlind(obj, memory, error, signal);
    if (!isApiError(error, 409)) throw error;
    const afterMs = memory.stepBackMs;
    log.debug("conflict; retrying", { object: key, error: oneLine(messageOf(error)), afterMs });
    return { afterMs, conflict: true };
  }

  /** As well as it can be said: the pass has failed already. */
  async #sayBlind(obj: Obj, memory: Memory<Action, Observed>, error: unknown, signal: AbortSignal): Promise<void> {
    try {
      await this.#writer.tell(obj, memory, this.#kind.reportUnobserved(obj, error instanceof Error ? error : new Error(String(error))), signal);
    } catch (failure) {
      this.#deps.log.warn("cannot write the error to the object's status", { object: keyOf(obj), error: oneLine(messageOf(failure)) });
    }
  }

  /**
   * Says what is being done while it is being done: no effect waits for the status that announces it, because nothing is read from that
   * status to make it. Both are over when this returns.
   */
  async #sayAndAct(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<undefined> {
    let saying = this.#say(obj, memory, pass, signal);
    const awaiting: Awaiting = (awaits) => {
      saying = saying.then((said) => this.#sayAgain(obj, memory, { ...pass, outcomes: [], awaits }, said, signal));
      // It is looked at when the action is over.
      saying.catch(() => undefined);
    };
    const [first, acted] = await Promise.allSettled([saying, this.#act(obj, memory, pass, awaiting, signal)]);
    const [said] = first.status === "rejected" ? [first] : await Promise.allSettled([saying]);
    if (acted.status === "rejected") throw acted.reason;
    if (said.status === "rejected") throw said.reason;
    return undefined;
  }

  async #say(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<Said<Obj>> {
    const said = await this.#writer.tell(obj, memory, this.#kind.report(obj, pass), signal);
    if (said.current !== undefined && said.againMs === undefined) memory.told(pass.outcomes);
    return said;
  }

  /** How it is with an action that was announced: at once, because the next word may be long in coming. */
  async #sayAgain(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, said: Said<Obj>, signal: AbortSignal) {
    if (said.current === undefined) return said;
    // What was decided was decided on this generation, whatever has come since.
    const known = { ...obj, status: said.current.status };
    return this.#writer.tell(known, memory, { ...this.#kind.report(known, pass), events: [], minor: false }, signal);
  }

  /** Nothing keeps the object any more: it goes whether its last words are taken or not. */
  async #letGo(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<Requeue> {
    const { current } = await this.#say(obj, memory, pass, signal).catch((error: unknown): Said<Obj> => {
      signal.throwIfAborted();
      this.#deps.log.warn("cannot write the last status of an object", { object: keyOf(obj), error: oneLine(messageOf(error)) });
      this.#writer.emit(obj, this.#kind.report(obj, pass).events);
      return { current: obj };
    });
    if (current !== undefined) await this.#writer.setFinalizers(current, this.#writer.foreignFinalizers(current), signal);
    return {};
  }

  /** Rejects with a conflict when the API server knows something newer than what was decided on. One that lasts is a failure of the action. */
  async #act(
    obj: Obj,
    memory: Memory<Action, Observed>,
    pass: Pass<Observed, Action, Verdict>,
    awaiting: Awaiting,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log } = this.#deps;
    const { observed, decision } = pass;
    for (const action of decision.actions) {
      signal.throwIfAborted();
      log.info("performing", { object: `${obj.kind} ${keyOf(obj)}`, action: this.#kind.describe(action) });
      const attempt = { action, generation: obj.metadata.generation, observed, startedAtMs: clock.now() };
      try {
        const warnings = await this.#kind.perform(obj, observed, action, awaiting, signal);
        memory.remember({ ...attempt, finishedAtMs: clock.now(), warnings });
        memory.untroubled();
      } catch (error) {
        if (signal.aborted && error === signal.reason) throw error;
        if (isApiError(error, 404, 409) && !memory.lasts(clock.monotonic())) throw conflictOf(error);
        memory.remember({ ...attempt, finishedAtMs: clock.now(), warnings: [], error });
        return;
      }
    }
  }
}

const isTerminating = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

/** What was decided on is gone, or another by now. */
const conflictOf = (error: ApiError): ApiError =>
  error.status === 409 ? error : new ApiError(error.message, { status: 409, reason: "Conflict", cause: error });
