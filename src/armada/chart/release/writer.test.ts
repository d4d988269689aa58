import { expect, test } from "@jest/globals";
import type { ReleaseRecord, ReleaseStatus, Revision } from "../../../helm/release.ts";
import type { LeaseHoldState } from "../../../runtime/leaderelection/lease-holds.ts";
import { BusyReleases } from "./busy.ts";
import { named, revisionOf } from "../testing/charts.ts";
import { writerOf } from "./writer.ts";

const release = { namespace: "site", name: "blog" };

const recordOf = (status: ReleaseStatus, over: Partial<Revision> = {}): ReleaseRecord => {
  const newest = revisionOf(named(), 2, status, over);
  return { release, newest, revisions: [newest], everDeployed: true };
};

const running: LeaseHoldState = { is: "running", who: "Lease zoo/x, held by y" };
const unknown: LeaseHoldState = { is: "unknown", why: "it cannot be read" };

test.each<[string, ReleaseRecord | undefined, LeaseHoldState, object | undefined]>([
  ["of no release", undefined, { is: "over" }, undefined],
  ["of a revision that is not pending", recordOf("deployed"), running, undefined],
  ["of a lease hold that is over", recordOf("pending-install"), { is: "over" }, { is: "gone" }],
  ["of this lease hold, when no helm of it runs", recordOf("pending-upgrade"), { is: "ours" }, { is: "gone" }],
  ["of another lease hold that runs", recordOf("pending-upgrade"), running, { is: "another operator's", who: "Lease zoo/x, held by y" }],
  ["of a lease hold of which nothing is known", recordOf("pending-rollback"), unknown, unknown],
  ["whose labels came from another revision", recordOf("pending-upgrade", { labelsCurrent: false }), { is: "ours" }, { is: "somebody else's" }],
  ["without labels", recordOf("pending-upgrade", { labels: undefined, labelsCurrent: false }), { is: "ours" }, { is: "somebody else's" }],
])("the helm %s", async (_, record, leaseHold, writer) => {
  const asked: string[] = [];
  const leaseHolds = { look: (epoch: string) => Promise.resolve((asked.push(epoch), leaseHold)) };
  expect(await writerOf(record, { leaseHolds, busy: new BusyReleases() }, new AbortController().signal)).toEqual(writer);
  expect(asked.every((epoch) => epoch === "2-old")).toBe(true);
});

test("a helm that this operator runs on the release is its own, whatever the labels say", async () => {
  const busy = new BusyReleases();
  const leaseHolds = { look: () => Promise.resolve({ is: "over" } as const) };
  const see = () => writerOf(recordOf("pending-upgrade"), { leaseHolds, busy }, new AbortController().signal);
  await busy.alone(release, async () => expect(await see()).toEqual({ is: "ours" }));
  expect(await see()).toEqual({ is: "gone" });
});
