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
