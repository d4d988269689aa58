import { expect, test } from "@jest/globals";
import { abortable } from "./abortable.ts";

test("it gives what the promise gives, or the reason of the abort when that comes first", async () => {
  const stop = new AbortController();
  await expect(abortable(Promise.resolve(1), stop.signal)).resolves.toBe(1);
  await expect(abortable(Promise.reject(new Error("own")), stop.signal)).rejects.toThrow("own");
  const waiting = abortable(new Promise(() => undefined), stop.signal);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await expect(abortable(Promise.resolve(1), stop.signal)).rejects.toThrow("stopped");
});

test("after an abort, what the promise does later concerns nobody", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    const stop = new AbortController();
    const late = Promise.withResolvers<never>();
    const waiting = abortable(late.promise, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    late.reject(new Error("too late"));
    await expect(abortable(Promise.reject(new Error("never waited for")), stop.signal)).rejects.toThrow("stopped");
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});
