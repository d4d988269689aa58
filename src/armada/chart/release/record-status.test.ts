import { describe, expect, test } from "@jest/globals";
import type { ReleaseContent, ReleaseRecord, ReleaseStatus } from "../../../helm/release.ts";
import { believed, checked } from "./record-status.ts";
import { named, revisionOf } from "../testing/charts.ts";

const never = new AbortController().signal;

/** A release whose revisions have these labels, newest first. */
const labelled = (...statuses: readonly ReleaseStatus[]): ReleaseRecord => {
  const of = named();
  const revisions = statuses.map((status, index) => revisionOf(of, statuses.length - index, status));
  const [newest = revisionOf(of, 1, "failed")] = revisions;
  const everDeployed = statuses.some((status) => status === "deployed" || status === "superseded");
  return { release: { namespace: "site", name: "blog" }, newest, revisions, everDeployed };
};

const content = (status: ReleaseStatus, label: ReleaseStatus): ReleaseContent => ({
  name: "blog",
  namespace: "site",
  revision: 1,
  status,
  labelled: label,
  description: "",
  chart: { name: "x", version: "1" },
  manifest: "",
});

describe("the status of a release", () => {
  test.each([
    // label        body               label beside the body   what counts, and what the label said
    ["deployed", "deployed", "deployed", "deployed"],
    ["uninstalled", "deployed", "uninstalled", "deployed, not uninstalled"],
    ["uninstalling", "deployed", "uninstalling", "deployed, not uninstalling"],
    ["failed", "deployed", "failed", "deployed, not failed"],
    ["pending-upgrade", "deployed", "pending-upgrade", "deployed, not pending-upgrade"],
    ["superseded", "deployed", "superseded", "deployed, not superseded"],
    ["unknown", "deployed", "unknown", "deployed, not unknown"],
    ["deployed", "failed", "deployed", "failed, not deployed"],
    ["deployed", "pending-install", "deployed", "pending-install, not deployed"],
    ["deployed", "uninstalled", "deployed", "uninstalled, not deployed"],
    // The body is of a later write than the label that the watch told of.
    ["pending-upgrade", "deployed", "deployed", "pending-upgrade"],
  ] as const)("is what its body says: label %s, body %s with label %s", async (label, body, beside, expected) => {
    const reads: string[] = [];
    const read = (record: ReleaseRecord) => Promise.resolve(void reads.push(record.newest.status));
    const { record, mislabelled } = await checked(labelled(label), content(body, beside), { read }, never);
    expect(`${record.newest.status}${mislabelled === undefined ? "" : `, not ${mislabelled.label}`}`).toBe(expected);
    expect(reads).toEqual([]);
  });
});

test.each([
  ["is believed by its body", content("deployed", "pending-install"), "deployed"],
  ["stays so when its body says the same", content("pending-install", "pending-install"), "pending-install"],
  ["stays so when its body cannot be read", { damaged: "it does not contain JSON" }, "pending-install"],
  ["stays so when its Secret has gone", undefined, "pending-install"],
] as const)("a release of nobody at which helm seems to be at work %s", async (_, body, expected) => {
  expect((await believed(labelled("pending-install"), { read: () => Promise.resolve(body) }, never)).newest.status).toBe(expected);
});

describe("whether a failed release was ever deployed", () => {
  /** `bodies`: of the older revisions, newest first. */
  const asked = async (labels: readonly ReleaseStatus[], bodies: readonly ReleaseStatus[]) => {
    const left = [...bodies];
    const read = async () => content(left.shift() ?? "failed", "failed");
    const [newest = "failed"] = labels;
    const { record } = await checked(labelled(...labels), content(newest, newest), { read }, never);
    return { everDeployed: record.everDeployed, reads: bodies.length - left.length };
  };
  test.each([
    ["is taken from labels that say so", ["failed", "superseded"], ["superseded"], true, 0],
    ["is read where labels deny it", ["failed", "failed"], ["superseded"], true, 1],
    ["is denied when bodies agree", ["failed", "failed", "failed"], ["failed", "failed"], false, 2],
    ["needs no body of a first revision", ["failed"], [], false, 0],
    ["is not asked while helm is at work", ["pending-install", "failed"], ["failed"], false, 0],
  ] as const)("%s", async (_, labels, bodies, everDeployed, reads) => {
    expect(await asked(labels, bodies)).toEqual({ everDeployed, reads });
  });
});
