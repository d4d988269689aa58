import { expect, test } from "@jest/globals";
import { HelmError } from "../../../helm/driver.ts";
import { namingWhatFrees } from "./blocking-object.ts";

const conflict = new HelmError("in the way", { reason: "Conflict", class: "terminal", warnings: ["w"] });

test.each([
  ["an object of which watches tell", conflict, "ConfigMap", "in the way; helm runs again as soon as ConfigMap a has become this release's"],
  ["one of a kind that no release has had", conflict, "Widget", "in the way"],
  ["an object that is not named", conflict, undefined, "in the way"],
  ["nothing else", new HelmError("no", { reason: "Rejected", class: "terminal" }), "ConfigMap", "no"],
])("helm's way becomes free of %s", (_, error, kind, message) => {
  const parse = () => (kind === undefined ? undefined : { kind, namespace: "site", name: "a" });
  const watches = {
    resources: (wanted: string) =>
      wanted === "ConfigMap" ? [{ group: "", version: "v1", plural: "configmaps", kind: wanted, namespaced: true }] : [],
  };
  expect(namingWhatFrees(error, parse, watches)).toMatchObject({ name: error.name, message });
});
