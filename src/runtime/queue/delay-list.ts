interface Delayed {
  readonly key: string;
  readonly due: number;
}

/** Keys and when each falls due, the earliest first. A key stands here once: the earlier of two times holds. */
export class DelayList {
  /** Sorted by `due`; an entry counts only while `#due` says the same. */
  #entries: Delayed[] = [];
  readonly #due = new Map<string, number>();

  get size(): number {
    return this.#due.size;
  }

  /** When the first key falls due; undefined when there is none. */
  get next(): number | undefined {
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      if (this.#due.get(first.key) === first.due) return first.due;
      this.#entries.shift();
    }
    return undefined;
  }

  add(key: string, due: number): void {
    const known = this.#due.get(key);
    if (known !== undefined && known <= due) return;
    this.#due.set(key, due);
    this.#entries.splice(this.#position(due), 0, { key, due });
  }

  /** Takes out what is due at `now`, the earliest first. */
  take(now: number): readonly string[] {
    const end = this.#position(now);
    const taken = this.#entries.splice(0, end).filter(({ key, due }) => this.#due.get(key) === due && this.#due.delete(key));
    return taken.map(({ key }) => key);
  }

  clear(): void {
    this.#entries = [];
    this.#due.clear();
  }

  /** Behind everything that is due at `due` or earlier. */
  #position(due: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.due ?? 0) <= due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
