import { abortable } from "../../base/time/abortable.ts";

/** Uids remembered as gone; forgotten ones are asked for again. */
const GONE_MAX = 10_000;

/**
 * Whether an ArmadaChart of a uid exists, by no older read than the question. A uid is never given twice, so one that is gone stays gone. Many
 * that ask at once share a list: at most one is under way, and one more begins after it for all who asked meanwhile.
 */
export class LivingCharts {
  readonly #list: (signal: AbortSignal) => Promise<ReadonlySet<string>>;
  readonly #stop: AbortSignal;
  readonly #gone = new Set<string>();
  #running: Promise<ReadonlySet<string>> | undefined;
  #next: Promise<ReadonlySet<string>> | undefined;

  /** `list` reads the uids of all charts afresh; `stop` ends it, whoever waits. */
  constructor(deps: { readonly list: (signal: AbortSignal) => Promise<ReadonlySet<string>>; readonly stop: AbortSignal }) {
    this.#list = deps.list;
    this.#stop = deps.stop;
  }

  /** A watch, or a list, has told that it is gone. */
  buried(uid: string): void {
    this.#gone.delete(uid);
    this.#gone.add(uid);
    const [oldest] = this.#gone;
    if (this.#gone.size > GONE_MAX && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** Rejects with `ApiError` when nobody can tell. */
  async has(uid: string, signal: AbortSignal): Promise<boolean> {
    if (this.#gone.has(uid)) return false;
    const living = (await abortable(this.#fresh(), signal)).has(uid);
    if (!living) this.buried(uid);
    return living;
  }

  /** The first list that begins from now on. */
  #fresh(): Promise<ReadonlySet<string>> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<ReadonlySet<string>> {
    this.#next = undefined;
    const running = this.#list(this.#stop).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
