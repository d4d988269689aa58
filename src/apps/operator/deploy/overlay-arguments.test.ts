import { expect, test } from "@jest/globals";
import { parseOverlay } from "./overlay-arguments.ts";

const OWN = "armada-operator:1.2.3";
const USUAL = ["--folder", "deploy/acme", "--flavour", "tenants", "--watch-namespaces", "team-a, team-b,team-a"];

test.each<[string, readonly string[], object]>([
  [
    "what is needed, and defaults",
    [],
    { folder: "deploy/acme", flavour: "tenants", namespaces: ["team-a", "team-b"], operatorNamespace: "armada-operator", image: OWN },
  ],
  ["another operator", ["--operator-namespace", "ops-b"], { operatorNamespace: "ops-b" }],
  ["an image", ["--image", "host:5000/x/armada-operator:9"], { image: "host:5000/x/armada-operator:9" }],
])("parseOverlay reads %s", (_what, args, expected) => {
  expect(parseOverlay([...USUAL, ...args], OWN)).toMatchObject(expected);
});

test.each<[string, readonly string[], string]>([
  ["no list", ["--folder", "x", "--flavour", "tenants"], "error: required option '--watch-namespaces <names>' not specified"],
  ["an empty list", ["--watch-namespaces", ""], "it must be names of namespaces, separated by commas."],
  ["every namespace", ["--watch-namespaces", "*"], "it must be names of namespaces, separated by commas."],
  ["a path for a name", ["--watch-namespaces", "../x"], "it must be names of namespaces, separated by commas."],
  ["another flavour", ["--flavour", "tenant"], "it must be one of namespaced, tenants (did you mean tenants?)."],
  ["no namespace", ["--operator-namespace", "Ops"], "it must be the name of a namespace: a-z, 0-9 and -, at most 63 characters."],
  ["no image", ["--image", "a b"], "it must be NAME:TAG or NAME@sha256:DIGEST."],
  ["the operator's own namespace", ["--operator-namespace", "team-a"], '--watch-namespaces names "team-a", that of the operator'],
])("parseOverlay refuses %s in one line", (_what, args, sentence) => {
  const refused = parseOverlay(args.includes("--folder") ? args : [...USUAL, ...args], OWN);
  expect(refused).toEqual({ exitCode: 2, text: expect.stringContaining(sentence) });
});
