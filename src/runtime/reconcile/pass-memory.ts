import { keyOf, type KubeObject } from "../object.ts";

/** Outcomes of one object that no status tells yet; the oldest are let go. */
const OUTCOMES_MAX = 20;
const STEP_BACK_MS = 50;
const STEP_BACK_MAX_MS = 30_000;
/** Trouble that may pass by itself, seen so often and for so long, is called lasting. */
const LASTING_TIMES = 3;
const LASTING_MS = 30_000;

/** What the kernel knows of one object from pass to pass. Nothing in it may be needed to be right: it is lost with the process. */
export class PassMemory<Outcome> {
  readonly uid: string;
  /** Monotonic time of the last status write. */
  saidAtMs = Number.NEGATIVE_INFINITY;
  #outcomes: readonly Outcome[] = [];
  /** Passes in a row that broke off, and the monotonic time of the first. */
  #troubles = 0;
  #troubledSinceMs = 0;

  constructor(uid: string) {
    this.uid = uid;
  }

  /** Not yet in any status, oldest first. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes;
  }

  remember(outcome: Outcome): void {
    this.#outcomes = [...this.#outcomes, outcome].slice(-OUTCOMES_MAX);
  }

  /** What status now tells. Outcomes that came meanwhile stay. */
  told(reported: readonly Outcome[]): void {
    this.#outcomes = this.#outcomes.filter((outcome) => !reported.includes(outcome));
  }

  /** One more pass broke off. */
  troubled(nowMs: number): void {
    if (this.#troubles === 0) this.#troubledSinceMs = nowMs;
    this.#troubles += 1;
  }

  /** A pass got through, or an effect was made. */
  untroubled(): void {
    this.#troubles = 0;
  }

  lasts(nowMs: number): boolean {
    return this.#troubles >= LASTING_TIMES && nowMs - this.#troubledSinceMs >= LASTING_MS;
  }

  /** How long to step back when the API server knows something newer: longer each time, and the watch usually wakes it before. */
  get stepBackMs(): number {
    return Math.min(STEP_BACK_MAX_MS, STEP_BACK_MS * 2 ** Math.max(0, this.#troubles - 1));
  }
}

/** One memory an object, dropped with it. An object made anew under the same name begins with an empty one. */
export class PassMemories<Outcome> {
  readonly #byKey = new Map<string, PassMemory<Outcome>>();

  of(object: KubeObject): PassMemory<Outcome> {
    const key = keyOf(object);
    const known = this.#byKey.get(key);
    if (known?.uid === object.metadata.uid) return known;
    const fresh = new PassMemory<Outcome>(object.metadata.uid);
    this.#byKey.set(key, fresh);
    return fresh;
  }

  drop(key: string): void {
    this.#byKey.delete(key);
  }
}
