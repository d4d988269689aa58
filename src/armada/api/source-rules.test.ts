import { describe, expect, test } from "@jest/globals";
import { factsOf, SOURCE_TYPES } from "../../sources/types.ts";
import { brokenRules, SOURCE_VALIDATIONS } from "./source-rules.ts";

const fieldsBroken = (source: Parameters<typeof brokenRules>[0]): readonly string[] => brokenRules(source).map(({ path }) => path.join("."));

describe.each(SOURCE_TYPES)("a source of type %s", (type) => {
  const facts = factsOf(type);
  const plain = { type, chart: facts.named ? "blog" : undefined };

  test("is taken with nothing but what it needs", () => {
    expect(fieldsBroken(plain)).toEqual([]);
  });

  test("has a chart if and only if its charts have names", () => {
    expect(fieldsBroken({ type, chart: facts.named ? "" : "blog" })).toEqual(["chart"]);
  });

  test("takes a version if it has several, and no reference with it", () => {
    expect(fieldsBroken({ ...plain, version: ">1" })).toEqual(facts.versions ? [] : ["version"]);
    expect(fieldsBroken({ ...plain, reference: "1" })).toEqual([]);
    expect(fieldsBroken({ ...plain, version: ">1", reference: "1" })).toEqual(facts.versions && !facts.references ? [] : ["version"]);
  });

  test.each(["provenance", "cosign"] as const)("takes %s if that signs its charts", (provider) => {
    const field = facts.signedBy.length === 0 ? "verify" : "verify.provider";
    expect(fieldsBroken({ ...plain, verify: { provider } })).toEqual(facts.signedBy.includes(provider) ? [] : [field]);
  });
});

test("the API server names the types that the table names", () => {
  expect(SOURCE_VALIDATIONS.map(({ rule }) => rule)).toEqual([
    "!(self.type in ['repo']) || (has(self.chart) && self.chart != '')",
    "self.type in ['repo'] || !(has(self.chart) && self.chart != '')",
    "self.type in ['repo', 'oci'] || !(has(self.version) && self.version != '')",
    "!(self.type in ['oci']) || !(has(self.reference) && self.reference != '') || !(has(self.version) && self.version != '')",
    "!has(self.verify) || self.type in ['tar', 'repo', 'oci']",
    "!(self.type in ['tar']) || !has(self.verify) || self.verify.provider != 'cosign'",
  ]);
});
