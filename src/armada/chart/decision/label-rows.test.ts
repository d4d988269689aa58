import { describe } from "@jest/globals";
import { table, terminating } from "../testing/table.ts";

const mislabelled = { label: "uninstalled" } as const;

describe("a label that says something else than the release", () => {
  table([
    ["is corrected, and nothing is done for what it said", { release: "1 deployed", over: { mislabelled } }, "running Restamping: relabel"],
    ["is corrected before helm runs", { release: "2 failed once", over: { mislabelled } }, "running Restamping: relabel"],
    ["is corrected before a lock is looked at", { release: "2 pending-upgrade once", over: { mislabelled } }, "running Restamping: relabel"],
    ["holds up no removal", { metadata: terminating, release: "1 deployed", over: { mislabelled } }, "running Uninstalling: uninstall"],
    [
      "is left alone while the chart is parked",
      { spec: { target_state: "uninitialized" }, release: "1 deployed", over: { mislabelled } },
      "uninitialized Unmanaged*",
    ],
  ]);
});

describe("a release whose name is not in the annotation", () => {
  const metadata = { annotations: { "armada.airshipit.org/release-name": "other" } };
  table([
    ["gets it there again", { metadata, release: "1 deployed" }, "running Restamping: recordName"],
    ["gets it before helm runs", { metadata, release: "1 deployed other" }, "running Upgrading: recordName"],
    [
      "is named in status meanwhile, when its chart is parked",
      { metadata, spec: { target_state: "uninitialized" }, release: "1 deployed" },
      "uninitialized Unmanaged*",
    ],
    ["is removed all the same", { metadata: { ...metadata, ...terminating }, release: "1 deployed" }, "running Uninstalling: uninstall"],
  ]);
});
