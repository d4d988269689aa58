import { describe, expect, test } from "@jest/globals";
import type { ReleaseRecord } from "../../../helm/release.ts";
import { UNINSTALLED_BY } from "../../names.ts";
import { asked, decide, table, terminating, turns, type Case } from "../testing/table.ts";
import { named, nobodys, NOW, others, ready, released } from "../testing/charts.ts";

const record = (notation = "1 deployed"): ReleaseRecord | undefined => released(named(), notation).record;
const theirs = { record: record(), ownership: others };
const claiming = { ...theirs, claim: true };
const had = { release: { revision: 3 } };
const lost = { release: { superseded_by: "ArmadaChart other" } };

describe("a release of another chart", () => {
  table([
    ["is a conflict", { over: theirs }, "error ReleaseConflict!"],
    ["is taken by one that was parked and is enabled now", { over: claiming }, "running TakingRelease: take"],
    [
      "is not taken by one that was enabled at once with an owner that comes first",
      { over: { ...claiming, ownership: { ...others, against: { together: true, stays: true } } } },
      "error ReleaseConflict!",
    ],
    ["is not taken by one that names another chart", { over: { ...claiming, ownership: { ...others, sameChart: false } } }, "error ReleaseConflict!"],
    ["is not taken out of turn", { over: { ...claiming, turns } }, "pending WaitingForTurn"],
    ["is not taken while helm is at work on it", { over: { ...claiming, record: record("2 pending-upgrade once") } }, "pending OperationInProgress"],
    ["is not taken by a parked chart", { spec: { target_state: "uninitialized" }, over: theirs }, "uninitialized Parked*"],
    ["is taken by one that says overwrite", { spec: { adoption: "overwrite" }, over: theirs }, "running TakingRelease: take"],
    ["is not taken by one that says adopt", { spec: { adoption: "adopt" }, over: theirs }, "error ReleaseConflict!"],
    ["is not taken back by one that says overwrite", { spec: { adoption: "overwrite" }, status: lost, over: theirs }, "deployed Superseded*"],
    ["is not uninstalled", { metadata: terminating, over: theirs }, "uninstalled UninstallSuccessful"],
    ["is not uninstalled on request", { spec: { target_state: "uninstalled" }, over: theirs }, "uninstalled UninstallSuccessful*"],
  ]);
});

describe("a release that could not be taken", () => {
  const failed = {
    action: "take",
    result: "failed",
    reason: "OutOfBounds",
    class: "terminal",
    message: "not this one",
    generation: 1,
    inputs_digest: ready(named()).inputsDigest,
    started_at: "2026-03-01T12:00:00Z",
    finished_at: "2026-03-01T12:00:00Z",
  } as const;
  const status = { failures: 1, next_retry_time: "2026-03-01T12:10:00Z", history: [failed] };
  const spec = { adoption: "adopt" } as const;
  const over = { record: record(), ownership: nobodys };
  table([
    ["is left alone until its next try", { spec, status, over }, "failed ReconcileError!"],
    ["is tried at once when somebody asks", { spec, status, metadata: asked, over }, "running TakingRelease: take"],
    ["is tried when the pause is over", { spec, status, over: { ...over, nowMs: NOW + 600_000 } }, "running TakingRelease: take"],
    [
      "is taken although helm failed on another before",
      { spec, status: { ...status, history: [{ ...failed, action: "upgrade" }] }, over },
      "running TakingRelease: take",
    ],
  ]);

  test("says why", () => {
    expect(decide({ spec, status, over }).verdict.message).toBe("taking the release failed: not this one");
  });
});

describe("a chart whose release was taken over says what the release says", () => {
  table([
    ["deployed", { status: had, over: theirs }, "deployed Superseded*"],
    ["still, after it has noted who has it", { status: lost, over: theirs }, "deployed Superseded*"],
    ["on its way", { status: lost, over: { ...theirs, ownership: { ...others, state: "running" } } }, "running Superseded"],
    ["failed", { status: lost, over: { ...theirs, ownership: { ...others, state: "error" } } }, "failed Superseded"],
    [
      "deployed, while its owner is parked and looks after nothing",
      { status: lost, over: { ...theirs, ownership: { ...others, state: "uninitialized" } } },
      "deployed Superseded*",
    ],
    ["parked by hand it is as it should be", { status: lost, spec: { target_state: "uninitialized" }, over: theirs }, "deployed Superseded*"],
    [
      "uninstalled by its parent, which wants it again, it waits to be enabled",
      {
        status: lost,
        spec: { target_state: "uninitialized" },
        metadata: { annotations: { [UNINSTALLED_BY]: "uid-g" } },
        over: { ...theirs, activeParents: ["ArmadaChartGroup g"] },
      },
      "uninitialized WaitingForTurn",
    ],
    ["it takes it again when it is parked and enabled anew", { status: lost, over: claiming }, "running TakingRelease: take"],
    ["deleted, it touches nothing", { status: lost, metadata: terminating, over: theirs }, "uninstalled UninstallSuccessful"],
    ["it gets it back when nobody owns it any more", { status: lost, over: { record: record(), ownership: nobodys } }, "running TakingRelease: take"],
  ]);
});

describe("a release of nobody", () => {
  const free = { record: record(), ownership: nobodys };
  const same = { record: record(), ownership: { of: "nobody", agrees: true } } as const;
  table([
    ["is not touched", { over: free }, "pending AdoptionRequired"],
    ["is taken when it was made from what is wanted", { over: same }, "running TakingRelease: take"],
    ["is taken and brought to what is wanted by adopt", { spec: { adoption: "adopt" }, over: free }, "running TakingRelease: take"],
    ["is taken by overwrite", { spec: { adoption: "overwrite" }, over: free }, "running TakingRelease: take"],
    [
      "is taken when status says that this revision was its own: its labels are lost",
      { status: { release: { name: "blog", namespace: "site", revision: 1 } }, over: free },
      "running TakingRelease: take",
    ],
    [
      "is not taken when status tells of another revision",
      { status: { release: { name: "blog", namespace: "site", revision: 2 } }, over: free },
      "pending AdoptionRequired",
    ],
    ["is refused by fail, whatever it was made from", { spec: { adoption: "fail" }, over: same }, "error ReleaseConflict!"],
    [
      "is not taken while helm is at work on it",
      { spec: { adoption: "adopt" }, over: { ...free, record: record("1 pending-install foreign") } },
      "pending OperationInProgress",
    ],
    [
      "is taken when that helm has been at it for longer than a wait may last",
      { spec: { adoption: "adopt", wait: { timeout: 30 } }, over: { ...free, record: record("1 pending-install") } },
      "running TakingRelease: take",
    ],
    ...(
      [
        ["is not taken while the helm of another operator is at work on it, not on request either", { metadata: asked }],
        ["is not taken before that helm must have ended", { spec: { adoption: "adopt", wait: { timeout: 30 } } }],
      ] as const
    ).map(([title, over]): [string, Case, string] => [
      title,
      { ...over, over: { ...same, record: record("1 pending-install"), writer: { is: "another operator's", who: "b-1, Lease b/armada-operator" } } },
      "pending OperationInProgress",
    ]),
    [
      "is taken at once when the helm that was at work on it is known to be gone",
      { spec: { adoption: "adopt" }, over: { ...free, record: record("1 pending-install"), writer: { is: "gone" } } },
      "running TakingRelease: take",
    ],
    [
      "is taken at once, whoever is at work on it, on request",
      { metadata: asked, over: { ...same, record: record("1 pending-install foreign") } },
      "running TakingRelease: take",
    ],
    ["is not uninstalled", { metadata: terminating, over: free }, "uninstalled UninstallSuccessful"],
  ]);
});

describe("without a release", () => {
  table([
    ["the first of several that want it has it", {}, "running Installing: install"],
    ["another that comes first is a conflict", { over: { rival: "ArmadaChart older" } }, "error ReleaseConflict!"],
  ]);
});

describe("a chart that leaves", () => {
  const heir = { uid: "uid-former", name: "ArmadaChart former" };
  const orphan = { deletion_policy: "orphan" } as const;
  table([
    [
      "gives its release back to whom it was taken from",
      { metadata: terminating, release: "1 deployed", over: { heir } },
      "running Uninstalling: giveBack",
    ],
    [
      "also when it is asked to uninstall",
      { spec: { target_state: "uninstalled" }, release: "1 deployed", over: { heir } },
      "running Uninstalling: giveBack",
    ],
    ["in its turn", { metadata: terminating, release: "1 deployed", over: { heir, turns } }, "running WaitingForTurn"],
    [
      "goes on with an uninstallation that has begun",
      { metadata: terminating, release: "1 uninstalling", over: { heir } },
      "running Uninstalling: uninstall",
    ],
    ["leaves its release when told so", { spec: orphan, metadata: terminating, release: "1 deployed" }, "running Orphaning"],
    ["gives it back all the same", { spec: orphan, metadata: terminating, release: "1 deployed", over: { heir } }, "running Uninstalling: giveBack"],
    [
      "uninstalls when asked to, whatever becomes of it at deletion",
      { spec: { ...orphan, target_state: "uninstalled" }, release: "1 deployed" },
      "running Uninstalling: uninstall",
    ],
    ["leaves its release when its API goes", { metadata: terminating, release: "1 deployed", over: { losingItsApi: true } }, "running LettingGo"],
  ]);

  test.each([
    ["its policy", { spec: orphan }],
    ["its API", { over: { losingItsApi: true } }],
  ])("is gone at once because of %s", (_, given) => {
    expect(decide({ ...given, metadata: terminating, release: "1 deployed" }).gone).toBe(true);
  });
});
