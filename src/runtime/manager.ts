import type { Clock } from "../base/time/clock.ts";
import { abortable, aborted } from "../base/time/abortable.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { oneLine } from "../base/text.ts";

/** Something that works from start to stop. */
export interface Runnable {
  readonly name: string;
  /** Works until the signal aborts; then ends in order, and resolves. Rejecting before that stops the whole program. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when what comes later may start, e.g. when a cache is filled. Absent: at once. */
  ready?(signal: AbortSignal): Promise<void>;
  /** How long it may take to stop; absent: as long as the manager says. */
  readonly stopMs?: number;
}

/** Something did not stop in time: nobody may begin where it may still be at work. */
export class StillAtWork extends Error {
  override readonly name = "StillAtWork";

  constructor(names: readonly string[], cause: unknown) {
    super(`${names.join(", ")} did not stop in time${cause === undefined ? "" : ` after: ${messageOf(cause)}`}`, { cause });
  }
}

interface Started {
  readonly runnable: Runnable;
  readonly stop: AbortController;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** Starts runnables in order and stops them in reverse. */
export class Manager {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopMs: number;
  readonly #groups: (readonly Runnable[])[] = [];

  constructor({ clock, log, stopMs = 10_000 }: { readonly clock: Clock; readonly log: Logger; readonly stopMs?: number }) {
    this.#clock = clock;
    this.#log = log;
    this.#stopMs = stopMs;
  }

  /** The runnables of one call start together, after all of the earlier calls are ready, and stop together, before those. */
  add(...group: readonly Runnable[]): this {
    this.#groups.push(group);
    return this;
  }

  /**
   * Runs everything until the signal aborts, or until one fails: then the others are stopped and its error is thrown. Rejects with
   * {@link StillAtWork} when something did not stop in time.
   */
  async run(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    let failure: { readonly error: unknown } | undefined;
    const fail = (error: unknown): void => {
      failure ??= { error };
      over.abort(error);
    };
    const end = (): void => over.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    const started: (readonly Started[])[] = [];
    try {
      await this.#start(started, fail, over.signal);
      await aborted(over.signal);
    } catch (error) {
      if (!over.signal.aborted) fail(error);
    }
    const late: string[] = [];
    for (const group of started.toReversed()) {
      for (const stopped of await Promise.all(group.map(async (one) => ({ one, inTime: await this.#stop(one, over.signal.reason) })))) {
        if (!stopped.inTime) late.push(stopped.one.runnable.name);
      }
    }
    signal.removeEventListener("abort", end);
    if (late.length > 0) throw new StillAtWork(late, failure?.error);
    if (failure !== undefined) throw failure.error;
  }

  async #start(started: (readonly Started[])[], fail: (error: unknown) => void, signal: AbortSignal): Promise<void> {
    for (const group of this.#groups) {
      signal.throwIfAborted();
      started.push(group.map((runnable) => this.#launch(runnable, fail)));
      await Promise.all(group.map((runnable) => abortable(runnable.ready?.(signal) ?? Promise.resolve(), signal)));
    }
  }

  #launch(runnable: Runnable, fail: (error: unknown) => void): Started {
    const stop = new AbortController();
    const work = async (): Promise<void> => {
      try {
        await runnable.run(stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) return fail(error);
        const said = error === stop.signal.reason ? undefined : oneLine(messageOf(error));
        if (said !== undefined) this.#log.warn("failed while stopping", { runnable: runnable.name, error: said });
      }
    };
    this.#log.debug("starting", { runnable: runnable.name });
    return { runnable, stop, ended: work() };
  }

  /** False when it did not stop in time. */
  async #stop({ runnable, stop, ended }: Started, reason: unknown): Promise<boolean> {
    const afterMs = runnable.stopMs ?? this.#stopMs;
    const timer = new AbortController();
    const late = async (): Promise<boolean> => {
      await this.#clock.sleep(afterMs, timer.signal);
      this.#log.error("did not stop in time", { runnable: runnable.name, afterMs });
      return false;
    };
    stop.abort(reason);
    return Promise.race([ended.then(() => true), late()]).finally(() => timer.abort());
  }
}
