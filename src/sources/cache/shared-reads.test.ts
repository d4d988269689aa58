import { describe, expect, it } from "@jest/globals";
import { SharedReads } from "./shared-reads.ts";

const setUp = () => {
  const reads = new SharedReads<number>();
  const pending: PromiseWithResolvers<number>[] = [];
  const read = (key = "a") =>
    reads.read(key, () => {
      const work = Promise.withResolvers<number>();
      pending.push(work);
      return work.promise;
    });
  return { read, pending };
};

describe("SharedReads", () => {
  it("gives all who come while a read runs one read that starts after it", async () => {
    const { read, pending } = setUp();
    const results = Promise.all([read(), read(), read(), read()]);
    expect(pending).toHaveLength(1);
    pending[0]?.resolve(1);
    await Promise.resolve();
    await new Promise(setImmediate);
    expect(pending).toHaveLength(2);
    pending[1]?.resolve(2);
    expect(await results).toEqual([1, 2, 2, 2]);
  });

  it("starts the next read after a failed one too, and keeps nothing afterwards", async () => {
    const { read, pending } = setUp();
    const [first, second] = [read(), read()];
    pending[0]?.reject(new Error("no"));
    await expect(first).rejects.toThrow("no");
    await new Promise(setImmediate);
    pending[1]?.resolve(2);
    expect(await second).toBe(2);
    void read();
    expect(pending).toHaveLength(3);
  });

  it("keeps keys apart", () => {
    const { read, pending } = setUp();
    void read("a");
    void read("b");
    expect(pending).toHaveLength(2);
  });
});
