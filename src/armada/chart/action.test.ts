import { expect, test } from "@jest/globals";
import { describeAction } from "./action.ts";
import { actionsOf, named } from "./testing/charts.ts";

const { install, upgrade, uninstall, unlock, purge, restore } = actionsOf(named());

test.each([
  ["helm install: first installation", install],
  ["helm upgrade: its inputs changed", upgrade],
  ["helm uninstall", uninstall],
  ["restore ", restore()],
  ["mark the interrupted revision as failed", unlock],
  ["delete the release records", purge],
  ["annotate the object with the release name", { type: "recordName" }],
] as const)("the log says %j", (words, action) => {
  expect(describeAction(action)).toBe(words);
});
