import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { deepEqual } from "../../base/json.ts";
import type { Logger } from "../../base/log.ts";
import { oneLine } from "../../base/text.ts";
import { ApiError, isApiError, type ApiClient } from "../api.ts";
import { classOf } from "../error-class.ts";
import type { Requeue } from "./controller.ts";
import type { EventSink } from "../events/recorder.ts";
import { keyOf, type KubeObject, type Resource } from "../object.ts";
import { PassMemories, type PassMemory } from "./pass-memory.ts";

/** What one look at the world decided. */
export interface Decision<Action, Verdict> {
  /** For people: goes into status. */
  readonly verdict: Verdict;
  /** Effects to make now, in order. Empty: nothing to do until something changes. At most one of them runs helm. */
  readonly actions: readonly Action[];
  /** Wall-clock milliseconds at which to look again although nothing changed. */
  readonly wakeAtMs?: number | undefined;
  /** Of a terminating object: nothing is left that its finalizer protects. */
  readonly gone?: boolean;
}

/** What became of one action. */
export interface Outcome<Action, Observed = unknown> {
  readonly action: Action;
  /** What it was decided on: the object's generation, and what was seen. */
  readonly generation: number | undefined;
  readonly observed: Observed;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** One sentence each, to be shown on the object. */
  readonly warnings: readonly string[];
  /** Present when the action failed. */
  readonly error?: unknown;
}

export interface EventFact {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
}

export interface Report<Status> {
  readonly status: Status;
  /** Transitions only: what changed against the status the object carries. */
  readonly events: readonly EventFact[];
  /** Only how far things are has changed, not what is so: it may be told a moment later, together with what comes next. */
  readonly minor?: boolean;
}

export interface Pass<Observed, Action, Verdict> {
  readonly observed: Observed;
  readonly decision: Decision<Action, Verdict>;
  /** Of the actions performed since the last status write. */
  readonly outcomes: readonly Outcome<Action, Observed>[];
}

/** What each kind supplies. `decide` and `report` are pure; `observe` and `perform` do the I/O. */
export interface Kind<Obj extends KubeObject, Observed, Action, Verdict> {
  readonly resource: Resource;
  readonly finalizer: string;
  /** Of an earlier operator that will not come back for them: taken off whenever finalizers are written. */
  readonly legacyFinalizers?: readonly string[];
  observe(obj: Obj, signal: AbortSignal): Promise<Observed>;
  decide(obj: Obj, observed: Observed, outcomes: readonly Outcome<Action, Observed>[]): Decision<Action, Verdict>;
  /** Returns warnings to show. Throws when the effect was not made. */
  perform(obj: Obj, observed: Observed, action: Action, signal: AbortSignal): Promise<readonly string[]>;
  report(obj: Obj, pass: Pass<Observed, Action, Verdict>): Report<unknown>;
  /** What to say when a pass breaks off, and it will not go on by itself, or has not for long. Keeps what the status knows. */
  reportUnobserved(obj: Obj, error: Error): Report<unknown>;
  /** For the log line at the decision. */
  describe(action: Action): string;
}

export interface KernelDeps<Obj extends KubeObject> {
  readonly api: ApiClient;
  readonly store: { get(key: string): Obj | undefined; upsert(obj: Obj): boolean };
  readonly events: EventSink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Checks what the API server returned. */
  readonly parse: (object: KubeObject) => Obj;
}

/** Looks at one key before another gets a turn; more would be a loop that does not converge. */
const MAX_STEPS = 32;
/** Minor news of one object is written at most this often. */
const MINOR_MS = 250;

type Memory<Action, Observed> = PassMemory<Outcome<Action, Observed>>;

interface Said<Obj> {
  /** The object as it is now; undefined when it is gone. */
  readonly current?: Obj;
  /** What is new was minor and told too soon after the last: look again after this time. */
  readonly againMs?: number;
}

/**
 * Brings one object closer to what it asks for: look, decide, say, act, and look again until nothing is left to do.
 * The same for every kind. Any step may be lost: what it knew is read again, and an outcome that was not yet written down is kept for the next pass.
 */
export class Kernel<Obj extends KubeObject & { readonly status?: unknown }, Observed, Action, Verdict> {
  readonly #kind: Kind<Obj, Observed, Action, Verdict>;
  readonly #deps: KernelDeps<Obj>;
  readonly #memories = new PassMemories<Outcome<Action, Observed>>();

  constructor(kind: Kind<Obj, Observed, Action, Verdict>, deps: KernelDeps<Obj>) {
    this.#kind = kind;
    this.#deps = deps;
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

  /** Undefined: look again at once. */
  async #step(obj: Obj, memory: Memory<Action, Observed>, signal: AbortSignal): Promise<Requeue | undefined> {
    const { finalizer } = this.#kind;
    const terminating = obj.metadata.deletionTimestamp !== undefined;
    const foreign = this.#foreignFinalizers(obj);
    const protectedByUs = obj.metadata.finalizers?.includes(finalizer) ?? false;
    if (terminating && !protectedByUs) {
      if (foreign.length < (obj.metadata.finalizers ?? []).length) await this.#patchFinalizers(obj, foreign, signal);
      return {};
    }
    if (!protectedByUs) return (await this.#patchFinalizers(obj, [...foreign, finalizer], signal)) ? undefined : {};
    const { outcomes } = memory;
    const observed = await this.#kind.observe(obj, signal);
    const decision = this.#kind.decide(obj, observed, outcomes);
    const pass = { observed, decision, outcomes };
    if (terminating && decision.gone === true) return this.#letGo(obj, memory, pass, signal);
    if (decision.actions.length > 0) return this.#sayAndAct(obj, memory, pass, signal);
    const { current, againMs } = await this.#say(obj, memory, pass, signal);
    if (current === undefined) return {};
    const wakeMs = decision.wakeAtMs === undefined ? undefined : Math.max(0, decision.wakeAtMs - this.#deps.clock.now());
    const afterMs = againMs === undefined || wakeMs === undefined ? (againMs ?? wakeMs) : Math.min(againMs, wakeMs);
    return afterMs === undefined ? {} : { afterMs };
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
      await this.#tell(obj, memory, this.#kind.reportUnobserved(obj, error instanceof Error ? error : new Error(String(error))), signal);
    } catch (failure) {
      this.#deps.log.warn("cannot write the error to the object's status", { object: keyOf(obj), error: oneLine(messageOf(failure)) });
    }
  }

  /**
   * Says what is being done while it is being done: no effect waits for the status that announces it, because nothing is read from that
   * status to make it. Both are over when this returns.
   */
  async #sayAndAct(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<undefined> {
    const [said, acted] = await Promise.allSettled([this.#say(obj, memory, pass, signal), this.#act(obj, memory, pass, signal)]);
    if (acted.status === "rejected") throw acted.reason;
    if (said.status === "rejected") throw said.reason;
    return undefined;
  }

  async #say(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<Said<Obj>> {
    const said = await this.#tell(obj, memory, this.#kind.report(obj, pass), signal);
    if (said.current !== undefined && said.againMs === undefined) memory.told(pass.outcomes);
    return said;
  }

  /** Nothing keeps the object any more: it goes whether its last words are taken or not. */
  async #letGo(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<Requeue> {
    const { current } = await this.#say(obj, memory, pass, signal).catch((error: unknown): Said<Obj> => {
      signal.throwIfAborted();
      this.#deps.log.warn("cannot write the last status of an object", { object: keyOf(obj), error: oneLine(messageOf(error)) });
      for (const fact of this.#kind.report(obj, pass).events) this.#deps.events.emit({ regarding: obj, action: fact.reason, ...fact });
      return { current: obj };
    });
    if (current !== undefined) await this.#patchFinalizers(current, this.#foreignFinalizers(current), signal);
    return {};
  }

  /** Writes the status if it changed, then the events. */
  async #tell(obj: Obj, memory: Memory<Action, Observed>, report: Report<unknown>, signal: AbortSignal): Promise<Said<Obj>> {
    let current = obj;
    if (!deepEqual(obj.status, report.status)) {
      const nowMs = this.#deps.clock.monotonic();
      const minor = report.minor === true && report.events.length === 0;
      const againMs = minor ? Math.max(0, memory.saidAtMs + MINOR_MS - nowMs) : 0;
      if (againMs > 0) return { current, againMs };
      memory.saidAtMs = nowMs;
      const written = await this.#writeStatus(obj, report.status, signal);
      if (written === undefined) return {};
      current = written;
    }
    for (const fact of report.events) this.#deps.events.emit({ regarding: obj, action: fact.reason, ...fact });
    return { current };
  }

  async #writeStatus(obj: Obj, status: unknown, signal: AbortSignal): Promise<Obj | undefined> {
    const { api, store, parse } = this.#deps;
    const operations = [
      { op: "test" as const, path: "/metadata/uid", value: obj.metadata.uid },
      { op: "add" as const, path: "/status", value: status },
    ];
    try {
      const written = parse(await api.patch({ ...this.#ref(obj), subresource: "status" }, { type: "json", operations }, signal));
      store.upsert(written);
      return written;
    } catch (error) {
      if (isApiError(error, 404) || (isApiError(error, 422) && (await this.#isReplaced(obj, signal)))) return undefined;
      throw error;
    }
  }

  /** The name belongs to another object by now: what is known of this one is of no use. */
  async #isReplaced(obj: Obj, signal: AbortSignal): Promise<boolean> {
    const live = await this.#deps.api.get({ ...this.#ref(obj), metadataOnly: true }, signal);
    return live?.metadata.uid !== obj.metadata.uid;
  }

  /** Rejects with a conflict when the API server knows something newer than what was decided on. One that lasts is a failure of the action. */
  async #act(obj: Obj, memory: Memory<Action, Observed>, pass: Pass<Observed, Action, Verdict>, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const { observed, decision } = pass;
    for (const action of decision.actions) {
      signal.throwIfAborted();
      log.info("performing", { object: `${obj.kind} ${keyOf(obj)}`, action: this.#kind.describe(action) });
      const attempt = { action, generation: obj.metadata.generation, observed, startedAtMs: clock.now() };
      try {
        const warnings = await this.#kind.perform(obj, observed, action, signal);
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

  /** Neither ours nor of the operator before us. */
  #foreignFinalizers({ metadata }: Obj): readonly string[] {
    const { finalizer, legacyFinalizers = [] } = this.#kind;
    return (metadata.finalizers ?? []).filter((name) => name !== finalizer && !legacyFinalizers.includes(name));
  }

  /** False when the object is gone. */
  async #patchFinalizers(obj: Obj, finalizers: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { api, store, parse } = this.#deps;
    const body = { metadata: { uid: obj.metadata.uid, resourceVersion: obj.metadata.resourceVersion, finalizers } };
    try {
      store.upsert(parse(await api.patch(this.#ref(obj), { type: "merge", body }, signal)));
      return true;
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
      return false;
    }
  }

  #ref(obj: Obj): { resource: Resource; namespace: string | undefined; name: string } {
    return { resource: this.#kind.resource, namespace: obj.metadata.namespace, name: obj.metadata.name };
  }
}

/** What was decided on is gone, or another by now. */
const conflictOf = (error: ApiError): ApiError =>
  error.status === 409 ? error : new ApiError(error.message, { status: 409, reason: "Conflict", cause: error });
