import { expect, test } from "@jest/globals";
import { chart } from "../testing.ts";
import { ownershipOf } from "./ownership.ts";
import { released } from "./testing.ts";

test.each([
  [1, "not ready: 1 of 2 pods"],
  [2, "it has changed and is being looked at"],
])("an owner of another chart's release is quoted on its current generation only (%p)", (generation, message) => {
  const conditions = [{ type: "Ready", status: "False", message: "not ready: 1 of 2 pods" }] as const;
  const owner = chart("b", { metadata: { generation }, status: { actual_state: "running", observedGeneration: 1, conditions } });
  const found = ownershipOf(chart("a"), released(owner, "1 deployed").record, { chartByUid: () => owner });
  expect(found).toMatchObject({ of: "chart", name: "ArmadaChart b", state: "running", message });
});
