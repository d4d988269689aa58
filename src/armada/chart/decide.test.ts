import { describe, expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import type { ArmadaChart, ArmadaChartSpec, ArmadaChartStatus } from "../api/chart.ts";
import { DRIFT, REQUESTED_AT } from "../names.ts";
import { desiredObject } from "../readiness/testing.ts";
import { chart } from "../testing.ts";
import { decideChart } from "./decide.ts";
import type { ChartObserved } from "./observed.ts";
import { ARTIFACT, facts, named, NOW, outcome, released, revisionOf, said, seen } from "./testing.ts";

interface Case {
  readonly spec?: Partial<ArmadaChartSpec>;
  readonly status?: ArmadaChartStatus;
  readonly metadata?: Partial<ArmadaChart["metadata"]>;
  /** As {@link released} reads it; absent: no release. */
  readonly release?: string;
  readonly over?: Partial<ChartObserved>;
}

const decide = ({ spec, status, metadata, release, over }: Case) => {
  const of = named({ ...(spec === undefined ? {} : { spec }), ...(metadata === undefined ? {} : { metadata }), status });
  return decideChart(of, facts(of, { ...(release === undefined ? {} : released(of, release)), ...over }), []);
};

const table = (rows: readonly (readonly [title: string, given: Case, expected: string])[]): void => {
  test.each(rows)("%s", (_, given, expected) => {
    const decision = decide(given);
    expect(said(decision)).toBe(expected);
    if (!decision.verdict.satisfied) expect(decision.verdict.waiting?.what).toMatch(/^for ./);
  });
};

const broken = { state: "failed", failure: { class: "terminal", reason: "NotFound", message: "no chart there" } } as const;
const hour = 3_600_000;
const terminating = { deletionTimestamp: "2026-03-01T11:00:00Z" };
const asked = { annotations: { [REQUESTED_AT]: "now" } };
const notTurn = { ready: false, waitingFor: "ArmadaChart a to be ready" } as const;
const turns = { install: notTurn, upgrade: notTurn, remove: notTurn };
const pending = (over: Partial<ReturnType<typeof revisionOf>>): Partial<ChartObserved> => {
  const of = named();
  const newest = revisionOf(of, 2, "pending-upgrade", over);
  return { record: { release: { namespace: "site", name: "blog" }, newest, revisions: [newest], everDeployed: true }, ownership: { of: "ours" } };
};

describe("a chart that may not act", () => {
  table([
    ["a suspended one stays as it was", { spec: { suspend: true }, status: { actual_state: "deployed", satisfied: true } }, "deployed Suspended*"],
    ["suspended before anybody looked at it", { spec: { suspend: true } }, "uninitialized Suspended"],
    ["suspension holds up helm", { spec: { suspend: true }, release: "1 deployed other", status: { actual_state: "running" } }, "running Suspended"],
    [
      "suspension holds up an uninstallation",
      { spec: { suspend: true, target_state: "uninstalled" }, release: "1 deployed" },
      "uninitialized Suspended",
    ],
    ["deletion overrides suspension", { spec: { suspend: true }, metadata: terminating, release: "1 deployed" }, "running Uninstalling: uninstall"],
    ["a spec that cannot be carried out is refused", { spec: { namespace: "elsewhere" } }, "error InvalidSpec!"],
    ["what is refused can be deleted", { spec: { namespace: "elsewhere" }, metadata: terminating }, "uninstalled UninstallSuccessful"],
    ["a library by Chart.yaml is done", { over: { source: { state: "ready", artifact: { ...ARTIFACT, library: true } } } }, "uninitialized Library*"],
    ["a library that is a library no more is installed", { status: { reason: "Library" } }, "running Installing: install"],
    ["a library whose source cannot be read stays one", { status: { reason: "Library" }, over: { source: broken } }, "uninitialized Library*"],
    ["a parked one nobody lists is as it should be", { spec: { target_state: "uninitialized" } }, "uninitialized Parked*"],
    ["a parked one keeps its release", { spec: { target_state: "uninitialized" }, release: "1 deployed other" }, "uninitialized Unmanaged*"],
    [
      "a parked one asks nothing of a foreign release",
      { spec: { target_state: "uninitialized" }, over: { ownership: { of: "nobody" } } },
      "uninitialized Parked*",
    ],
    [
      "a parked one in an active parent's list waits",
      { spec: { target_state: "uninitialized" }, over: { activeParents: ["ArmadaChartGroup g"] } },
      "uninitialized WaitingForTurn",
    ],
  ]);

  test("the legacy suffix makes a library before anything is read", () => {
    const of = chart("helm-toolkit-htk");
    expect(said(decideChart(of, facts(of, { source: broken }), []))).toBe("uninitialized Library*");
  });
});

describe("the source", () => {
  table([
    ["cannot be read and nothing runs", { over: { source: broken } }, "error SourceError!"],
    ["may come back", { over: { source: { ...broken, failure: { ...broken.failure, class: "transient" } } } }, "error SourceError"],
    [
      "cannot be read and what runs is of another spec",
      { release: "1 deployed", status: { release: { spec_digest: "old" } }, over: { source: broken } },
      "error SourceError!",
    ],
  ]);

  test("cannot be read, but what the spec says runs: the release decides, and says that the source is stale", () => {
    const of = named();
    const { specDigest } = facts(of);
    const decision = decide({
      release: "1 deployed",
      status: { release: { spec_digest: specDigest } },
      over: { source: broken, inputsDigest: undefined },
    });
    expect(said(decision)).toBe("deployed UnderlyingResourcesReady*");
    expect(decision.verdict.sourceStale).toBe("no chart there");
  });
});

describe("a release of somebody else", () => {
  table([
    ["of another chart is a conflict", { over: { ownership: { of: "chart", name: "other" } } }, "error ReleaseConflict!"],
    ["of nobody is not touched", { over: { ownership: { of: "nobody" } } }, "pending AdoptionRequired"],
    ["is not uninstalled", { metadata: terminating, over: { ownership: { of: "nobody" } } }, "uninstalled UninstallSuccessful"],
    [
      "of another chart is not uninstalled",
      { spec: { target_state: "uninstalled" }, over: { ownership: { of: "chart", name: "o" } } },
      "uninstalled UninstallSuccessful*",
    ],
  ]);
});

describe("a record that helm holds", () => {
  table([
    ["of ours is dead, since nobody else runs helm for it", { release: "1 pending-install" }, "running Unlocking: unlock"],
    ["of ours in an upgrade", { release: "2 pending-upgrade once" }, "running Unlocking: unlock"],
    ["of somebody else is waited for", { release: "2 pending-upgrade foreign" }, "pending OperationInProgress"],
    [
      "of somebody else is taken for dead after the timeout",
      { over: pending({ labelsCurrent: false, modifiedAtMs: NOW - hour }) },
      "running Unlocking: unlock",
    ],
    ["of somebody else is taken for dead on request", { release: "2 pending-upgrade foreign", metadata: asked }, "running Unlocking: unlock"],
    [
      "of somebody else with a timeout of the spec",
      { spec: { wait: { timeout: 30 } }, release: "2 pending-rollback foreign" },
      "running Unlocking: unlock",
    ],
    ["that cannot be read is an error", { release: "1 deployed", over: { damaged: "it is not JSON" } }, "error ReconcileError!"],
  ]);

  test("wakes when the lock is taken for dead", () => {
    expect(decide({ release: "2 pending-upgrade foreign" }).wakeAtMs).toBe(NOW - 60_000 + 900_000);
  });
});

describe("helm has something to do", () => {
  table([
    ["the first installation", {}, "running Installing: install"],
    ["a release that is gone is made again", { status: { release: { revision: 4 } } }, "running Installing: install"],
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
    ["a replaced failed installation uses what is left by the failure", { release: "2 failed" }, "running Installing: install --replace"],
  ]);

  test("the release's name is recorded before helm first runs", () => {
    const of = chart("blog");
    expect(said(decideChart(of, facts(of), []))).toBe("running Installing: recordName");
  });

  test("waiting for an upgrade's turn prints the command that skips it", () => {
    const { verdict } = decide({ release: "1 deployed other", over: { turns } });
    expect(verdict.waiting?.next).toBe(
      'to skip the turn: kubectl -n site annotate act blog armada.airshipit.org/reconcile-requested-at="$(date)" --overwrite',
    );
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

describe("edits in quick succession", () => {
  const ran = (action: "install" | "upgrade", result: "succeeded" | "failed", at: string): Case => ({
    release: "2 deployed other",
    status: { history: [{ action, result, generation: 0, started_at: at }] },
  });
  table([
    ["wait a second from one helm to the next", ran("upgrade", "succeeded", "2026-03-01T11:59:59Z"), "running Upgrading"],
    ["wait after a failure too", ran("install", "failed", "2026-03-01T11:59:59Z"), "running Upgrading"],
    ["do not wait after the first installation", ran("install", "succeeded", "2026-03-01T11:59:59Z"), "running Upgrading: upgrade"],
    ["do not wait when helm ran long ago", ran("upgrade", "succeeded", "2026-03-01T11:59:58Z"), "running Upgrading: upgrade"],
    ["do not wait on request", { ...ran("upgrade", "succeeded", "2026-03-01T11:59:59Z"), metadata: asked }, "running Upgrading: upgrade"],
  ]);
});

describe("a helm run that failed", () => {
  const failing = (reason: ConstructorParameters<typeof HelmError>[1]["reason"], cls: "terminal" | "transient", of: ArmadaChart = named()) => {
    const observed = facts(of, released(of, "1 failed"));
    const error = new HelmError("no matches for kind Foo", { reason, class: cls });
    return { of, observed, outcomes: [outcome(of, facts(of), { type: "install", replace: false }, error)] };
  };

  test("waits for its back-off: half a second to a second after the first failure", () => {
    const { of, observed, outcomes } = failing("HookFailed", "transient");
    const decision = decideChart(of, observed, outcomes);
    expect(said(decision)).toBe("failed InstallError");
    expect(decision.verdict.message).toBe("helm install failed: no matches for kind Foo");
    expect(decision.wakeAtMs).toBeGreaterThanOrEqual(NOW + 500);
    expect(decision.wakeAtMs).toBeLessThanOrEqual(NOW + 1_000);
  });

  test("is stalled for ten minutes when only a change helps", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal");
    const decision = decideChart(of, observed, outcomes);
    expect(said(decision)).toBe("failed InstallError!");
    expect(decision.wakeAtMs).toBe(NOW + 600_000);
  });

  test("is tried again when the back-off has passed", () => {
    const { of, observed, outcomes } = failing("HookFailed", "transient");
    expect(said(decideChart(of, { ...observed, nowMs: NOW + 1_001 }, outcomes))).toBe("running Installing: install --replace");
  });

  test("is tried again at once when the inputs change", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal");
    expect(said(decideChart(of, { ...observed, inputsDigest: "sha256.new" }, outcomes))).toBe("running Installing: install --replace");
  });

  test("is tried again at once when the spec changes, even where helm is given the same", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal");
    const edited = { ...of, metadata: { ...of.metadata, generation: 2 } };
    const decision = decideChart(edited, observed, outcomes);
    expect(said(decision)).toBe("running Installing: install --replace");
    expect(decision.verdict.message).toBe("helm install runs: revision 1 is failed");
  });

  test("is not repeated by the request that caused it", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal", named({ metadata: asked }));
    expect(said(decideChart(of, observed, outcomes))).toBe("failed InstallError!");
  });

  test("says which attempt runs", () => {
    const { of, observed, outcomes } = failing("HookFailed", "transient");
    expect(decideChart(of, { ...observed, nowMs: NOW + 1_001 }, outcomes).verdict.message).toBe(
      "helm install runs (attempt 2): revision 1 is failed",
    );
  });

  test("does not hide behind another effect: a failed restoration waits too", () => {
    const of = named();
    const observed = facts(of, { ...released(of, "1 deployed"), objects: [seen("Service web", "missing")] });
    const restore = { type: "restore", objects: [desiredObject("v1", "Service", { name: "web" })] } as const;
    expect(said(decideChart(of, observed, [outcome(of, observed, restore, new Error("no"))]))).toBe("failed ReconcileError");
  });
});

describe("a release of the inputs wanted", () => {
  const with_ = (...objects: ChartObserved["objects"]): Case => ({ release: "1 deployed", over: { objects } });
  const due = { spec: { wait: { timeout: 30 } } };
  table([
    ["without objects is ready", with_(), "deployed UnderlyingResourcesReady*"],
    ["with ready objects", with_(seen("Service web", "ready")), "deployed UnderlyingResourcesReady*"],
    ["with one on the way", with_(seen("Service a", "ready"), seen("Deployment b", "progressing")), "running ResourcesNotReady"],
    ["with one on the way too long", { ...with_(seen("Deployment b", "progressing")), ...due }, "failed WaitTimeout"],
    ["with a failed one", with_(seen("Job b", "failed"), seen("Deployment c", "progressing")), "failed UnderlyingResourcesError"],
    [
      "with a deleted one puts it back",
      with_(seen("Service a", "missing"), seen("Job b", "failed")),
      "running RestoringResources: restore Service a",
    ],
    ["with a deleted one after the deadline", { ...with_(seen("Service a", "missing")), ...due }, "running RestoringResources: restore Service a"],
    ["counts a Job that was done and is gone", with_(seen("Job a", "missing", { finished: true })), "deployed UnderlyingResourcesReady*"],
    [
      "leaves alone what says so",
      with_(seen("Service a", "missing", { object: desiredObject("v1", "Service", { name: "a", annotations: { [DRIFT]: "ignore" } }) })),
      "deployed UnderlyingResourcesReady*",
    ],
    [
      "removes what a failed first installation left",
      { ...with_(seen("Deployment b", "progressing")), over: { leftovers: [desiredObject("v1", "ConfigMap", { name: "old" })] } },
      "running RestoringResources: prune ConfigMap old",
    ],
    [
      "asked to act although it is ready does nothing",
      { ...with_(seen("Service a", "ready")), metadata: asked },
      "deployed UnderlyingResourcesReady*",
    ],
    [
      "asked to act while it is on the way in time waits",
      { ...with_(seen("Service a", "progressing")), metadata: asked },
      "running ResourcesNotReady",
    ],
    ["asked to act after the deadline", { ...with_(seen("Deployment a", "progressing")), ...due, metadata: asked }, "running Upgrading: upgrade"],
    ["asked to act on a failed object", { ...with_(seen("Job a", "failed")), metadata: asked }, "running Upgrading: upgrade"],
    [
      "asked long ago",
      { ...with_(seen("Job a", "failed")), metadata: asked, status: { reconcile_requested_at: "now" } },
      "failed UnderlyingResourcesError",
    ],
  ]);

  test("wakes when the wait is over, and says when", () => {
    const source = { type: "local", location: "/charts/x", interval: 3_600 } as const;
    const decision = decide({ ...with_(seen("Deployment b", "progressing")), spec: { source } });
    expect(decision.wakeAtMs).toBe(NOW - 60_000 + 900_000);
    expect(decision.verdict.waiting).toEqual({ what: "for Deployment b: it is progressing", next: "failed at 2026-03-01T12:14:00Z (wait.timeout)" });
  });

  test("has its full time again when readiness is lost later", () => {
    const conditions = [{ type: "Ready", status: "False", lastTransitionTime: "2026-03-01T11:59:50Z" }] as const;
    expect(said(decide({ ...with_(seen("Deployment b", "progressing")), ...due, status: { conditions } }))).toBe("running ResourcesNotReady");
  });

  test("names three objects, how many more, and why pods do not start", () => {
    const objects = ["a", "b", "c", "d", "e"].map((name) => seen(`Pod ${name}`, "progressing"));
    expect(decide({ release: "1 deployed", over: { objects, podProblems: ["Pod a-1: ImagePullBackOff"] } }).verdict.message).toBe(
      "Pod a: it is progressing; Pod b: it is progressing; Pod c: it is progressing and 2 more; Pod a-1: ImagePullBackOff",
    );
  });
});

describe("removal", () => {
  const gone = { target_state: "uninstalled" } as const;
  table([
    ["of what was never installed", { metadata: terminating }, "uninstalled UninstallSuccessful"],
    ["runs helm", { metadata: terminating, release: "1 deployed" }, "running Uninstalling: uninstall"],
    ["on request keeps the object", { spec: gone, release: "1 deployed" }, "running Uninstalling: uninstall"],
    ["on request is done", { spec: gone }, "uninstalled UninstallSuccessful*"],
    ["of a failed release", { metadata: terminating, release: "2 failed once" }, "running Uninstalling: uninstall"],
    ["of a locked release", { metadata: terminating, release: "2 pending-upgrade once" }, "running Uninstalling: uninstall"],
    ["that was interrupted goes on", { metadata: terminating, release: "2 uninstalling once" }, "running Uninstalling: uninstall"],
    [
      "waits for objects",
      { metadata: terminating, release: "1 uninstalled", over: { objects: [seen("Service a", "progressing")] } },
      "running Uninstalling",
    ],
    ["waits for pods", { metadata: terminating, release: "1 uninstalled", over: { pods: ["Pod a-1"] } }, "running Uninstalling"],
    [
      "does not wait for what helm was told to keep",
      {
        metadata: terminating,
        release: "1 uninstalled",
        over: {
          objects: [seen("Secret a", "ready", { object: desiredObject("v1", "Secret", { annotations: { "helm.sh/resource-policy": "keep" } }) })],
        },
      },
      "running Uninstalling: purge",
    ],
    [
      "purges the records at last",
      { metadata: terminating, release: "1 uninstalled", over: { objects: [seen("Service a", "missing")] } },
      "running Uninstalling: purge",
    ],
    [
      "is late after delete.timeout",
      { spec: { delete: { timeout: 30 } }, metadata: terminating, release: "1 uninstalled", over: { pods: ["Pod a"] } },
      "running UninstallError!",
    ],
    ["waits for its turn", { metadata: terminating, release: "1 deployed", over: { turns } }, "running WaitingForTurn"],
    ["needs no turn when there is nothing to remove", { metadata: terminating, over: { turns } }, "uninstalled UninstallSuccessful"],
    [
      "needs no turn in a namespace that goes",
      { metadata: terminating, release: "1 deployed", over: { turns, namespaceTerminating: true } },
      "running Uninstalling: uninstall",
    ],
    [
      "needs no turn when asked",
      { metadata: { ...terminating, ...asked }, release: "1 deployed", over: { turns } },
      "running Uninstalling: uninstall",
    ],
    [
      "removes what a vanished record left",
      { metadata: terminating, over: { strays: [desiredObject("v1", "Service", { name: "a" })] } },
      "running Uninstalling: prune Service a",
    ],
    [
      "stops at a record that cannot be read",
      { metadata: terminating, release: "1 deployed", over: { damaged: "it is not JSON" } },
      "running UninstallError!",
    ],
  ]);

  test("lets the finalizer go only when nothing is left", () => {
    expect(decide({ metadata: terminating }).gone).toBe(true);
    expect(decide({ metadata: terminating, release: "1 uninstalled" }).gone).toBeUndefined();
    expect(decide({ metadata: terminating, over: { strays: [desiredObject("v1", "Service")] } }).gone).toBeUndefined();
  });

  test("that failed waits for its back-off", () => {
    const of = named({ metadata: terminating });
    const observed = facts(of, { ...released(of, "1 deployed"), source: { state: "unread" }, inputsDigest: undefined });
    const decision = decideChart(of, observed, [outcome(of, observed, { type: "uninstall" }, new Error("no route to host"))]);
    expect(said(decision)).toBe("running UninstallError!");
    expect(decision.verdict.message).toBe("no route to host");
    expect(decision.wakeAtMs).toBeLessThanOrEqual(NOW + 1_000);
  });
});
