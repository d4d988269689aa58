import { describe, expect, it } from "@jest/globals";
import { summarize } from "./summary.ts";
import type { Readiness } from "./verdict.ts";

const item = (readiness: Readiness) => ({ readiness });
const ready: Readiness = { state: "ready" };
const progressing = (message: string): Readiness => ({ state: "progressing", message });
const broken: Readiness = { state: "failed", reason: "Evicted", message: "Pod c: Evicted" };
const missing: Readiness = { state: "missing", message: "Pod d: it does not exist" };

describe("summarize", () => {
  it("has nothing to say when every object is ready, also when there is none", () => {
    expect(summarize([])).toBeUndefined();
    expect(summarize([item(ready), item(ready)])).toBeUndefined();
  });

  it("names failed objects first, then missing ones, then the rest in manifest order", () => {
    const summary = summarize([progressing("Pod a: one"), ready, missing, broken, progressing("Pod b: two")].map(item));
    expect(summary).toEqual({ failed: "Pod c: Evicted", message: "Pod c: Evicted; Pod d: it does not exist; Pod a: one and 1 more" });
  });

  it("says once what is so of several objects", () => {
    const refused = "configmaps cannot be watched: configmaps is forbidden";
    const same = ["a", "b", "c", "d", "e"].map((name) => progressing(`ConfigMap ${name}: ${refused}`));
    const others = ["f", "g", "h"].map((name) => progressing(`Pod ${name}: ${name}`));
    expect(summarize([...same, missing, ...others].map(item))?.message).toBe(
      `Pod d: it does not exist; ConfigMap a, ConfigMap b, ConfigMap c and 2 more: ${refused}; Pod f: f and 2 more`,
    );
    expect(summarize([item(progressing("Job a")), item(progressing("Job b"))])?.message).toBe("Job a, Job b");
  });

  it("has no failed member while objects are only on the way", () => {
    expect(summarize([item(progressing("Pod a: one"))])).toEqual({ message: "Pod a: one" });
  });

  it("stays within what an event note holds", () => {
    const message = summarize(Array.from({ length: 50 }, (_, index) => item(progressing(`Pod ${index}: ${index}${"é".repeat(600)}`))))?.message ?? "";
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1000);
    expect(message).toMatch(/… and 47 more$/);
  });
});
