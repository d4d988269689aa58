import { describe, expect, test } from "@jest/globals";
import { parseYamlDocuments } from "../../base/json/yaml.ts";
import type { ArmadaChartSpec } from "../api/chart.ts";
import { chart } from "../testing/estate.ts";
import { inputsDigest, sourceOf, specDigest, valuesOf } from "./desired.ts";

const release = { namespace: "site", name: "blog" };
const digest = (spec: Partial<ArmadaChartSpec>, content = "sha256.c") => inputsDigest(chart("blog", { spec }), release, content);
const yaml = (text: string): ArmadaChartSpec["values"] => {
  const [values] = parseYamlDocuments(text);
  return typeof values === "object" && values !== null ? { ...values } : {};
};
const same = digest({ values: { a: 1, b: { c: [1, 2], d: null } } });

describe("inputsDigest", () => {
  test.each([
    ["the order of keys", digest({ values: { b: { d: null, c: [1, 2] }, a: 1 } })],
    ["comments and style", digest({ values: yaml("# a comment\nb:\n  c:\n  - 1\n  - 2 # two\n  d: ~\na: 1\n") })],
    ["timeouts", digest({ values: { a: 1, b: { c: [1, 2], d: null } }, wait: { timeout: 5 }, delete: { timeout: 6 }, timeout: 7 })],
    ["limits and flags", digest({ values: { a: 1, b: { c: [1, 2], d: null } }, revisionHistoryLimit: 3, upgrade: { no_hooks: true } })],
    ["where the chart was read", digest({ values: { a: 1, b: { c: [1, 2], d: null } }, source: { type: "local", location: "/elsewhere" } })],
  ])("does not count %s", (_, other) => {
    expect(other).toBe(same);
  });

  test.each([
    ["a value", digest({ values: { a: 2, b: { c: [1, 2], d: null } } })],
    ["a value's type", digest({ values: { a: "1", b: { c: [1, 2], d: null } } })],
    ["the order of a list", digest({ values: { a: 1, b: { c: [2, 1], d: null } } })],
    ["a null, which deletes a default", digest({ values: { a: 1, b: { c: [1, 2] } } })],
    ["the chart's content", digest({ values: { a: 1, b: { c: [1, 2], d: null } } }, "sha256.d")],
    [
      "the release's name",
      inputsDigest(chart("blog", { spec: { values: { a: 1, b: { c: [1, 2], d: null } } } }), { ...release, name: "x" }, "sha256.c"),
    ],
  ])("counts %s", (_, other) => {
    expect(other).not.toBe(same);
  });

  test("no values are the same as empty ones", () => {
    expect(digest({})).toBe(digest({ values: {} }));
    expect(digest({})).toBe(digest({ values: null }));
  });

  test("fits a label", () => {
    expect(same).toMatch(/^[a-z0-9]+\.[0-9a-f]{40}$/);
  });
});

const specDigestOf = (spec: Partial<ArmadaChartSpec>) => specDigest(chart("blog", { spec }), release);

test("specDigest counts the source and the values, not the content", () => {
  expect(specDigestOf({ values: { a: 1 } })).not.toBe(specDigestOf({ values: { a: 2 } }));
  expect(specDigestOf({ source: { type: "local", location: "/a" } })).not.toBe(specDigestOf({ source: { type: "local", location: "/b" } }));
  expect(specDigestOf({ wait: { timeout: 1 } })).toBe(specDigestOf({ wait: { timeout: 2 } }));
});

describe("of a source, specDigest", () => {
  const source = { type: "repo", location: "https://charts", chart: "x" } as const;
  const key = { name: "key" };
  const plain = specDigestOf({ source });
  test.each([
    ["a signature that is asked for", { verify: { provider: "provenance", secret_ref: key } }],
    ["a digest that is asked for", { digest: "sha256:1" }],
  ] as const)("counts %s", (_, more) => {
    expect(specDigestOf({ source: { ...source, ...more } })).not.toBe(plain);
  });

  test.each([
    ["whose signature", { secret_ref: { name: "other" } }],
    ["how it is signed", { provider: "cosign" }],
  ] as const)("counts %s", (_, more) => {
    const verify = { provider: "provenance", secret_ref: key } as const;
    expect(specDigestOf({ source: { ...source, verify: { ...verify, ...more } } })).not.toBe(specDigestOf({ source: { ...source, verify } }));
  });

  test.each([
    ["who may read it", { secret_ref: { name: "login" } }],
    ["how often it is read", { interval: 60 }],
    ["which way", { proxy_server: "http://proxy:3128" }],
  ] as const)("does not count %s", (_, more) => {
    expect(specDigestOf({ source: { ...source, ...more } })).toBe(plain);
  });

  test("without anything new is what it was before that could be asked for", () => {
    expect(specDigestOf({})).toBe("sha256.e8f3898f24ea4e0bf42a7cbf61956b81d1782117");
  });
});

test("specDigest counts dependencies, each once and in order, and is what it always was without any", () => {
  const alone = specDigestOf({ values: { a: 1 } });
  expect(alone).toBe("sha256.3ae1d3eb1550c50f92b2d020b0384a39a97c4884");
  expect(specDigestOf({ values: { a: 1 }, dependencies: [] })).toBe(alone);
  const digests = [["b"], ["b", "c"], ["c", "b"]].map((dependencies) => specDigestOf({ values: { a: 1 }, dependencies }));
  expect(new Set([alone, ...digests]).size).toBe(4);
  expect(specDigestOf({ values: { a: 1 }, dependencies: ["b", "c", "b"] })).toBe(digests[1]);
});

test("a source without subpath is the chart's own folder, and values default to none", () => {
  expect(sourceOf(chart("c"))).toEqual({ type: "local", location: "/charts/x", subpath: "." });
  expect(valuesOf(chart("c"))).toEqual({});
});
