import { expect, test } from "@jest/globals";
import { microTime, rfc3339, systemClock } from "./clock.ts";
import { run } from "../process/process.ts";

test("rfc3339 gives whole seconds, microTime six digits", () => {
  expect(rfc3339(1_700_000_000_123)).toBe("2023-11-14T22:13:20Z");
  expect(microTime(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123000Z");
});

test.each([0, -0.6, -5000, 2 ** 31])("Node has nothing to say of %d ms of sleep", async (ms) => {
  const script = `
    const { systemClock } = await import(${JSON.stringify(new URL("clock.ts", import.meta.url).href)});
    await Promise.race([systemClock.sleep(${String(ms)}, AbortSignal.any([])), systemClock.sleep(20, AbortSignal.any([]))]);
    process.exit();`;
  const limits = { timeoutMs: 10_000, graceMs: 100, maxOutputBytes: 1000, parentDeathSignal: true };
  const { exitCode, stderr } = await run(process.execPath, ["--input-type=module", "-e", script], { env: {}, ...limits }, AbortSignal.any([]));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test.each([2 ** 31, 3e12, Number.POSITIVE_INFINITY])("%d ms of sleep are not over soon", async (ms) => {
  const stop = new AbortController();
  const over = new Error("over");
  const sleeping = systemClock.sleep(ms, stop.signal).catch((error: unknown) => error);
  await systemClock.sleep(20, AbortSignal.any([]));
  stop.abort(over);
  expect(await sleeping).toBe(over);
});
