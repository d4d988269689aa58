import { expect, test } from "@jest/globals";
import { isReady } from "./nodes.ts";

const node = (ready: string, taints: readonly unknown[] = []) => ({ spec: { taints }, status: { conditions: [{ type: "Ready", status: ready }] } });
const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

test.each([
  ["Ready", node("True"), true, true],
  ["not Ready", node("False"), true, false],
  ["without status", { metadata: {} }, false, false],
  ["Ready but tainted", node("True", [taint]), true, false],
  ["Ready but tainted, with nobody there to take taints off", node("True", [taint]), false, true],
  ["no object", null, false, false],
])("isReady of a node that is %s", (_, candidate, withoutTaints, expected) => {
  expect(isReady(candidate, { withoutTaints })).toBe(expected);
});
