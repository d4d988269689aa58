/** What waits, by account: the accounts come in turn, and what waits of one first in, first out. Each item waits once. */
export class FairOrder<T> {
  /** In the order of their turns; none is empty. */
  readonly #accounts = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(account: string, item: T): boolean {
    return this.#accounts.get(account)?.has(item) === true;
  }

  add(account: string, item: T): void {
    if (this.has(account, item)) return;
    const items = this.#accounts.get(account) ?? new Set();
    this.#accounts.set(account, items.add(item));
    this.#size++;
  }

  delete(account: string, item: T): void {
    const items = this.#accounts.get(account);
    if (items?.delete(item) !== true) return;
    this.#size--;
    if (items.size === 0) this.#accounts.delete(account);
  }

  /** The next of an account that may go, which waits no more; its account comes again after all others. */
  take(mayGo: (account: string) => boolean): T | undefined {
    for (const [account, items] of this.#accounts) {
      if (!mayGo(account)) continue;
      for (const item of items) {
        this.delete(account, item);
        if (this.#accounts.delete(account)) this.#accounts.set(account, items);
        return item;
      }
    }
    return undefined;
  }

  /** How many go before one that is added to `account` now, as long as no other comes. */
  before(account: string): number {
    const own = this.#accounts.get(account)?.size ?? 0;
    let rounds = own + 1;
    let before = own;
    for (const [name, { size }] of this.#accounts) {
      if (name === account) rounds = own;
      else before += Math.min(size, rounds);
    }
    return before;
  }
}
