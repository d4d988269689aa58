/**
 * Collects what a child prints, up to a limit: the first half and the last half of it, because an error stands at the end.
 * Memory stays below twice the limit however much arrives.
 */
export class BoundedOutput {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #head: Uint8Array[] = [];
  #tail: Uint8Array[] = [];
  #headLength = 0;
  #tailLength = 0;
  #total = 0;

  constructor(maxBytes: number) {
    this.#headBytes = Math.ceil(maxBytes / 2);
    this.#tailBytes = maxBytes - this.#headBytes;
  }

  push(chunk: Uint8Array): void {
    this.#total += chunk.byteLength;
    const forHead = chunk.subarray(0, this.#headBytes - this.#headLength);
    if (forHead.byteLength > 0) this.#head.push(forHead);
    this.#headLength += forHead.byteLength;
    this.#pushTail(chunk.subarray(forHead.byteLength));
  }

  /** UTF-8; where something was left out, a line says how much. */
  text(): string {
    const head = Buffer.concat(this.#head);
    this.#trimTail();
    const tail = Buffer.concat(this.#tail);
    const dropped = this.#total - head.byteLength - tail.byteLength;
    if (dropped === 0) return Buffer.concat([head, tail]).toString("utf8");
    return `${head.toString("utf8")}\n… (${dropped} bytes left out)\n${tail.toString("utf8")}`;
  }

  #pushTail(rest: Uint8Array): void {
    const kept = rest.subarray(Math.max(0, rest.byteLength - this.#tailBytes));
    if (kept.byteLength === 0) return;
    this.#tail.push(kept);
    this.#tailLength += kept.byteLength;
    if (this.#tailLength > 2 * this.#tailBytes) this.#trimTail();
  }

  #trimTail(): void {
    const all = Buffer.concat(this.#tail);
    // A copy, so that what was dropped can be collected.
    this.#tail = this.#tailBytes === 0 ? [] : [Uint8Array.from(all.subarray(-this.#tailBytes))];
    this.#tailLength = Math.min(all.byteLength, this.#tailBytes);
  }
}
