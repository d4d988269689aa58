import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../../helm/driver.ts";
import { chart } from "../../testing/estate.ts";
import { intervalMs } from "./context.ts";
import { decideChart } from "../decide.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { asked, decide, table, turns, waitsOf, type Case } from "../testing/table.ts";
import type { ChartObserved } from "../observed.ts";
import { actionsOf, facts, named, NOW, others, outcome, revisionOf, said } from "../testing/charts.ts";
import type { Writer } from "../release/writer.ts";

const anothers: Writer = { is: "another operator's", who: "Lease ops/armada-operator, held by x" };
const unknowns: Writer = { is: "unknown", why: "Lease ops/armada-operator cannot be read" };

const pending = (over: Partial<ReturnType<typeof revisionOf>>): Partial<ChartObserved> => {
  const of = named();
  const newest = revisionOf(of, 2, "pending-upgrade", over);
  return { record: { release: { namespace: "site", name: "blog" }, newest, revisions: [newest], everDeployed: true }, ownership: { of: "ours" } };
};

describe("a record that helm holds", () => {
  table([
    ["of an operator's helm that is gone is unlocked at once", { release: "1 pending-install" }, "running Unlocking: unlock"],
    ["of such a helm in an upgrade", { release: "2 pending-upgrade once" }, "running Unlocking: unlock"],
    ["of somebody else is waited for", { release: "2 pending-upgrade foreign" }, "pending OperationInProgress"],
    [
      "of somebody else is considered dead after the timeout",
      { over: pending({ labelsCurrent: false, modifiedAtMs: NOW - 3_600_000 }) },
      "running Unlocking: unlock",
    ],
    ["of somebody else is considered dead on request", { release: "2 pending-upgrade foreign", metadata: asked }, "running Unlocking: unlock"],
    [
      "of somebody else with a timeout of the spec",
      { spec: { wait: { timeout: 30 } }, release: "2 pending-rollback foreign" },
      "running Unlocking: unlock",
    ],
    [
      "of another operator that holds its Lease is waited for",
      { release: "2 pending-upgrade", over: { writer: anothers } },
      "pending OperationInProgress",
    ],
    [
      "of another operator, on request too",
      { release: "2 pending-upgrade", metadata: asked, over: { writer: anothers } },
      "pending OperationInProgress",
    ],
    ["under a Lease that cannot be read is waited for", { release: "2 pending-upgrade", over: { writer: unknowns } }, "pending OperationInProgress"],
    [
      "under such a Lease, on request too",
      { release: "2 pending-upgrade", metadata: asked, over: { writer: unknowns } },
      "pending OperationInProgress",
    ],
    [
      "of another operator is considered dead when its helm must have ended",
      { over: { ...pending({ modifiedAtMs: NOW - 960_000 }), writer: anothers } },
      "running Unlocking: unlock",
    ],
    [
      "of another operator is not considered dead as long as its helm may be on its way out",
      { over: { ...pending({ modifiedAtMs: NOW - 959_000 }), writer: unknowns } },
      "pending OperationInProgress",
    ],
    [
      "of a helm that this operator runs is never considered dead",
      { over: { ...pending({ modifiedAtMs: NOW - 3_600_000 }), writer: { is: "ours" } }, metadata: asked },
      "pending OperationInProgress",
    ],
    ["that cannot be read is an error", { release: "1 deployed", over: { damaged: "it is not JSON" } }, "error ReconcileError!"],
  ]);

  test("that cannot be read waits for somebody to remove it", () => {
    expect(waitsOf(decide({ release: "1 deployed", over: { damaged: "it is not JSON" } }))).toBe(
      "for its release record to be removed: it is not JSON",
    );
  });

  test("of another operator names its Lease, and is looked at again soon", () => {
    const { verdict, wakeAtMs } = decide({ release: "2 pending-upgrade", over: { writer: anothers } });
    expect(verdict.waiting).toEqual({
      what: "for the helm of another operator (Lease ops/armada-operator, held by x) (revision 2, pending-upgrade)",
      next: "considered dead at 2026-03-01T12:15:00Z",
    });
    expect(wakeAtMs).toBe(NOW + 5_000);
  });

  test("wakes when the lock is considered dead", () => {
    expect(decide({ release: "2 pending-upgrade foreign" }).wakeAtMs).toBe(NOW - 60_000 + 900_000);
  });
});

describe("helm has something to do", () => {
  table([
    ["the first installation", {}, "running Installing: install"],
    ["a release that is gone is made again", { status: { release: { revision: 4 } } }, "running Installing: install"],
    [
      "not in a namespace that is being deleted",
      { status: { release: { revision: 4 } }, over: { namespaceTerminating: true } },
      "pending NamespaceTerminating",
    ],
    ["other inputs", { release: "1 deployed other" }, "running Upgrading: upgrade"],
    ["a revision somebody else made", { release: "2 deployed foreign" }, "running Upgrading: upgrade"],
    ["a failed first installation", { release: "1 failed" }, "running Installing: install --replace"],
    ["a failed upgrade", { release: "2 failed once" }, "running Upgrading: upgrade"],
    ["a failed revision of the same inputs", { release: "3 failed once" }, "running Upgrading: upgrade"],
    ["a superseded one as newest", { release: "2 superseded once" }, "running Upgrading: upgrade"],
    ["not its turn to install", { over: { turns } }, "pending WaitingForTurn"],
    ["not its turn to upgrade", { release: "1 deployed other", over: { turns } }, "pending WaitingForTurn"],
    ["a request skips the turn", { release: "1 deployed other", metadata: asked, over: { turns } }, "running Upgrading: upgrade"],
    ["an uninstallation that began ends first", { release: "2 uninstalling once" }, "running Uninstalling: uninstall"],
    ["and its records go", { release: "2 uninstalled once" }, "running Uninstalling: purge"],
    [
      "what tries of other inputs left, none of which was deployed, goes first",
      { release: "2 failed other", over: { leftovers: [desiredObject("batch/v1", "Job", { name: "old" })] } },
      "running Installing: prune Job old",
    ],
    [
      "what a try of the same inputs left is used",
      { release: "2 failed", over: { leftovers: [desiredObject("batch/v1", "Job", { name: "old" })] } },
      "running Installing: install --replace",
    ],
    [
      "what tries of other inputs left does not go out of turn",
      { release: "2 failed other", over: { turns, leftovers: [desiredObject("batch/v1", "Job", { name: "old" })] } },
      "pending WaitingForTurn",
    ],
    ["a replaced failed installation uses what is left by the failure", { release: "2 failed" }, "running Installing: install --replace"],
  ]);

  test.each([
    ["to install", {}],
    ["to upgrade", { release: "1 deployed other" }],
    ["to take a release", { release: "1 deployed", over: { claim: true, ownership: others } }],
  ])("what waits for its turn %s is woken by what it waits for, and by no timer but its source's", (_, { over, ...given }: Case) => {
    const decision = decide({ ...given, over: { ...over, turns } });
    expect(decision.verdict.reason).toBe("WaitingForTurn");
    expect(decision.wakeAtMs).toBe(NOW + intervalMs(named()));
  });

  test("the release's name is recorded before helm first runs", () => {
    const of = chart("blog");
    expect(said(decideChart(of, facts(of), []))).toBe("running Installing: recordName");
  });

  test("waiting for an upgrade's turn prints the command that skips it", () => {
    const { verdict } = decide({ release: "1 deployed other", over: { turns } });
    expect(verdict.waiting).toMatchObject({
      next: 'to skip the turn: kubectl -n site annotate act blog armada.airshipit.org/reconcile-requested-at="$(date)" --overwrite',
    });
  });
});

describe("labels of another version of the operator", () => {
  table([
    [
      "on a release of the inputs wanted are rewritten without helm",
      { release: "1 deployed other", over: { unstamped: true } },
      "running Restamping: restamp",
    ],
    [
      "are left alone while parked",
      { spec: { target_state: "uninitialized" }, release: "1 deployed other", over: { unstamped: true } },
      "uninitialized Unmanaged*",
    ],
  ]);
});

const ran = (action: "install" | "upgrade", result: "succeeded" | "failed", at: string): Case => ({
  release: "2 deployed other",
  status: { history: [{ action, result, generation: 0, started_at: at }] },
});
describe("edits in quick succession", () => {
  table([
    ["wait a second from one helm to the next", ran("upgrade", "succeeded", "2026-03-01T11:59:59Z"), "running Upgrading"],
    ["wait after a failure too", ran("install", "failed", "2026-03-01T11:59:59Z"), "running Upgrading"],
    ["do not wait after the first installation", ran("install", "succeeded", "2026-03-01T11:59:59Z"), "running Upgrading: upgrade"],
    ["do not wait when helm ran long ago", ran("upgrade", "succeeded", "2026-03-01T11:59:58Z"), "running Upgrading: upgrade"],
    ["do not wait for a clock that was set back since", ran("upgrade", "succeeded", "2026-03-01T12:30:00Z"), "running Upgrading: upgrade"],
    ["do not wait on request", { ...ran("upgrade", "succeeded", "2026-03-01T11:59:59Z"), metadata: asked }, "running Upgrading: upgrade"],
  ]);
});

describe("after helm failed over an object of another release", () => {
  const inTheWay = 'ConfigMap "a" in namespace "site" exists and cannot be imported into the current release: invalid ownership metadata';
  const of = named();
  const observed = facts(of);
  const error = new HelmError(inTheWay, { reason: "Conflict", class: "terminal" });
  const other = new HelmError("no", { reason: "Rejected", class: "terminal" });
  const { install } = actionsOf(named());
  test.each([
    ["it waits while that is so", error, { nowMs: NOW + 1000 }, "failed InstallError!"],
    ["it goes on when that is over", error, { nowMs: NOW + 1000, unblocked: true }, "running Installing: install"],
    ["it does not go on in the same moment, over and over", error, { unblocked: true }, "failed InstallError!"],
    ["another failure has its back-off", other, { nowMs: NOW + 1000, unblocked: true }, "failed InstallError!"],
  ])("%s", (_, failure, over, expected) => {
    expect(said(decideChart(of, { ...observed, ...over }, [outcome(of, observed, install, failure)]))).toBe(expected);
  });
});
