import { expect, test } from "@jest/globals";
import { stuckIn } from "./queues.ts";

const controller = (name: string, silentMs: number) => ({ name, silentMs: () => silentMs });

test.each<[string, readonly [number, number], boolean, string | undefined]>([
  ["nothing waits", [0, 0], false, undefined],
  ["charts wait for a slow API server", [599_000, 0], false, undefined],
  ["charts wait for helm in its hooks", [7_200_000, 0], true, undefined],
  ["charts wait, and no helm runs", [600_000, 0], false, "act-controller: no pass has ended for 10 min"],
  ["groups wait, whether helm runs or not", [7_200_000, 600_000], true, "acg-controller: no pass has ended for 10 min"],
])("the operator is stuck, or not: %s", (_title, [charts, groups], isHelmRunning, expected) => {
  const queues = {
    charts: controller("act-controller", charts),
    groups: controller("acg-controller", groups),
    manifests: controller("amf-controller", 0),
  };
  expect(stuckIn(queues, isHelmRunning)).toBe(expected);
});
