import { describe, expect, it } from "@jest/globals";
import { summarize } from "./summary.ts";
import { desiredObject } from "./testing.ts";
import type { Readiness } from "./verdict.ts";

const item = (name: string, readiness: Readiness) => ({ object: desiredObject("v1", "Pod", { name }), readiness });
const ready: Readiness = { state: "ready" };
const progressing = (message: string): Readiness => ({ state: "progressing", message });
const broken: Readiness = { state: "failed", reason: "Evicted", message: "Pod c: Evicted" };
const missing: Readiness = { state: "missing", message: "Pod d: it does not exist" };

describe("summarize", () => {
  it("is ready when every object is, also when there is none", () => {
    expect(summarize([])).toEqual({ ready: true });
    expect(summarize([item("a", ready), item("b", ready)])).toEqual({ ready: true });
  });

  it("names failed objects first, then missing ones, then the rest in manifest order", () => {
    const summary = summarize([
      item("a", progressing("Pod a: one")),
      item("x", ready),
      item("d", missing),
      item("c", broken),
      item("b", progressing("Pod b: two")),
    ]);
    expect(summary).toMatchObject({
      ready: false,
      failed: { object: { name: "c" }, reason: "Evicted", message: "Pod c: Evicted" },
      first: { object: { name: "c" } },
      unready: 4,
      total: 5,
      message: "Pod c: Evicted; Pod d: it does not exist; Pod a: one and 1 more",
    });
  });

  it("has no failed member while objects are only on the way", () => {
    expect(summarize([item("a", progressing("Pod a: one"))])).not.toHaveProperty("failed");
  });

  it("stays within what an event note holds", () => {
    const summary = summarize(Array.from({ length: 50 }, (_, i) => item(`${i}`, progressing("é".repeat(600)))));
    if (summary.ready) throw new Error("must not be ready");
    expect(Buffer.byteLength(summary.message)).toBeLessThanOrEqual(1000);
    expect(summary.message).toMatch(/… and 47 more$/);
  });
});
