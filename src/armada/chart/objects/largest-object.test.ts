import { expect, test } from "@jest/globals";
import { HelmError } from "../../../helm/driver.ts";
import { largestObject, namingTheLargest } from "./largest-object.ts";
import { named, released } from "../testing/charts.ts";

const never = new AbortController().signal;
const manifest = `---
{apiVersion: v1, kind: ConfigMap, metadata: {name: small}}
---
{apiVersion: example.org/v1, kind: Widget, metadata: {name: big}, spec: {x: ${"x".repeat(900)}}}
`;
const tooLarge = new HelmError("too large", { reason: "TooLarge", class: "terminal" });

/** What is said when the record holds `text`, or cannot be read. */
const said = async (error: unknown, text: string | undefined, newest = "1 failed"): Promise<unknown> => {
  const { record } = released(named(), newest);
  const content = {
    name: "blog",
    namespace: "site",
    revision: 1,
    status: "failed",
    labelled: "failed",
    description: "",
    chart: { name: "x", version: "1" },
  } as const;
  const read = async () => {
    if (text === undefined) throw new Error("away");
    return { ...content, manifest: text };
  };
  const result = await namingTheLargest(
    error,
    { namespace: "site", name: "blog" },
    { releases: { refresh: async () => record }, records: { read } },
    never,
  );
  return result instanceof Error ? result.message : result;
};

test("the largest object of a manifest is named with its size", () => {
  expect(largestObject(manifest)).toMatch(/^Widget big, 9\d\d bytes$/);
  expect(largestObject("")).toBeUndefined();
});

test("an object that is too large is named, and nothing else is said where that cannot be", async () => {
  expect(await said(tooLarge, manifest)).toMatch(/^too large; the largest is Widget big, /);
  expect([await said(tooLarge, undefined), await said(tooLarge, ""), await said(tooLarge, "a: [")]).toEqual(["too large", "too large", "too large"]);
  expect(await said(tooLarge, manifest, "1 deployed")).toBe("too large");
  const other = new HelmError("denied", { reason: "Rejected", class: "terminal" });
  expect(await said(other, manifest)).toBe("denied");
});
