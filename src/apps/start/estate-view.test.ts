import { expect, test } from "@jest/globals";
import { chart } from "../../armada/testing/estate.ts";
import { complaints } from "./estate-view.ts";

test.each([
  [undefined, "ArmadaChart blog is not seen yet, waiting for the operator"],
  ["for Deployment web, since T; will fail at U", "ArmadaChart blog is running, waiting for Deployment web, since T; will fail at U"],
  ["helm install is running (since T); next: wait", "ArmadaChart blog is running: helm install is running (since T); next: wait"],
])("what waits says so in one sentence: %s", (waiting_for, expected) => {
  const status = waiting_for === undefined ? undefined : { actual_state: "running" as const, satisfied: false, waiting_for };
  expect(complaints([chart("blog", { status })])).toEqual([expected]);
});
