import { expect, test } from "@jest/globals";
import { factsOf, isRemote, isSourceType, SOURCE_TYPES, type SourceType } from "./types.ts";

/** Written out, so that a row that is changed by mistake is seen: validation, CRDs, credentials and dependencies follow from it. */
const TABLE: Readonly<Record<SourceType, string>> = {
  local: "-; unsigned; from roots; here",
  tar: "-; provenance; from archive; http",
  repo: "chart, version; provenance, cosign; from chart; http, registry",
  oci: "reference, version; provenance, cosign; from chart; http, registry",
  git: "reference; unsigned; from repository; http, ssh",
};

test.each(SOURCE_TYPES)("type %s is what the table says", (type) => {
  const facts = factsOf(type);
  const fields = [facts.named ? ["chart"] : [], facts.references ? ["reference"] : [], facts.versions ? ["version"] : []].flat();
  const words = [fields, facts.signedBy.length === 0 ? ["unsigned"] : facts.signedBy, [`from ${facts.extent}`]];
  const credentials = isRemote(facts) ? facts.credentials : ["here"];
  expect([...words, credentials].map((each) => each.join(", ") || "-").join("; ")).toBe(TABLE[type]);
});

test.each(["s3", "constructor", "", "Git"])("%j is not a type of source", (type) => {
  expect(isSourceType(type)).toBe(false);
});
