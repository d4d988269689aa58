import { expect, test } from "@jest/globals";
import { OperatorProbes } from "./probes.ts";

const well = { trouble: () => undefined, stuck: () => undefined };
const stuck = { trouble: () => undefined, stuck: () => "no pass has ended" };
const ill = { trouble: () => "secrets is forbidden", stuck: () => undefined };

test.each<[string, (probes: OperatorProbes) => void, string | undefined, string | undefined]>([
  ["starts", () => undefined, undefined, "starting"],
  ["waits for its Lease", (probes) => probes.waits(), undefined, undefined],
  ["fills its caches", (probes) => (probes.fills(), probes.works(well)), undefined, "filling caches"],
  ["may not fill them", (probes) => (probes.fills(), probes.works(ill)), undefined, "filling caches: secrets is forbidden"],
  ["works", (probes) => (probes.works(well), probes.isReady()), undefined, undefined],
  ["works with a watch that is broken", (probes) => (probes.works(ill), probes.isReady()), undefined, "secrets is forbidden"],
  ["is stuck", (probes) => (probes.works(stuck), probes.isReady()), "no pass has ended", undefined],
  ["has lost its Lease, stuck or not", (probes) => (probes.works(stuck), probes.isReady(), probes.waits()), undefined, undefined],
])("an operator that %s: what /healthz and /readyz say", (_title, lead, live, ready) => {
  const probes = new OperatorProbes();
  lead(probes);
  expect([probes.live(), probes.ready()]).toEqual([live, ready]);
});
