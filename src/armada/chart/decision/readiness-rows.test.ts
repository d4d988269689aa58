import { describe, expect, test } from "@jest/globals";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { asked, decide, table, type Case } from "../testing/table.ts";
import type { ObservedObject } from "../objects/observed-object.ts";
import type { ChartDecision } from "./context.ts";
import { decideChart } from "../decide.ts";
import { released, actionsOf, facts, named, NOW, outcome, said, seen } from "../testing/charts.ts";

const seeing = (...objects: readonly ObservedObject[]): Case => ({ release: "1 deployed", over: { objects } });
/** Missing, in that namespace. */
const inside = (notation: string, namespace: string): ObservedObject => {
  const one = seen(notation, "missing");
  return { ...one, object: { ...one.object, namespace } };
};
/** The release is a minute old. */
const due = { spec: { wait: { timeout: 30 } } };

describe("a release of the inputs wanted", () => {
  table([
    ["without objects is ready", seeing(), "deployed UnderlyingResourcesReady*"],
    ["with ready objects", seeing(seen("Service web", "ready")), "deployed UnderlyingResourcesReady*"],
    ["with one on the way", seeing(seen("Service a", "ready"), seen("Deployment b", "progressing")), "running ResourcesNotReady"],
    ["with one on the way too long", { ...seeing(seen("Deployment b", "progressing")), ...due }, "failed WaitTimeout"],
    ["with a failed one", seeing(seen("Job b", "failed"), seen("Deployment c", "progressing")), "failed UnderlyingResourcesError"],
    [
      "with a deleted one puts it back",
      seeing(seen("Service a", "missing"), seen("Job b", "failed")),
      "running RestoringResources: restore Service a",
    ],
    [
      "with a deleted one after the deadline has failed, and puts it back all the same",
      { ...seeing(seen("Service a", "missing")), ...due },
      "failed WaitTimeout: restore Service a",
    ],
    [
      "that was ready until now has its full time",
      { ...seeing(seen("Service a", "missing")), ...due, status: { conditions: [{ type: "Ready", status: "True" }] } },
      "running RestoringResources: restore Service a",
    ],
    [
      "that was ready until now has its full time for one on the way, too",
      { ...seeing(seen("Deployment a", "progressing")), ...due, status: { conditions: [{ type: "Ready", status: "True" }] } },
      "running ResourcesNotReady",
    ],
    ["counts a Job that was done and is gone", seeing(seen("Job a", "missing", { done: "gone" })), "deployed UnderlyingResourcesReady*"],
    [
      "leaves alone what says so",
      seeing(
        seen("Service a", "missing", { ignored: true }),
        seen("Service b", "progressing", { ignored: true }),
        seen("Job c", "failed", { ignored: true }),
      ),
      "deployed UnderlyingResourcesReady*",
    ],
    [
      "with one deleted in a namespace that is being deleted waits for that",
      { release: "1 deployed", over: { objects: [inside("ConfigMap a", "far")], closed: [{ name: "far", state: "terminating" }] } },
      "running RestoringResources",
    ],
    [
      "with one deleted in its own namespace while that is being deleted waits, too",
      { release: "1 deployed", over: { objects: [inside("ConfigMap a", "site")], closed: [{ name: "site", state: "terminating" }] } },
      "running RestoringResources",
    ],
    [
      "with one deleted elsewhere at the same time puts that back",
      {
        release: "1 deployed",
        over: { objects: [inside("ConfigMap a", "far"), seen("Service b", "missing")], closed: [{ name: "far", state: "terminating" }] },
      },
      "running RestoringResources: restore Service b",
    ],
    [
      "with one deleted in a namespace that takes longer than wait.timeout to go is late, and puts nothing back",
      { ...due, release: "1 deployed", over: { objects: [inside("ConfigMap a", "far")], closed: [{ name: "far", state: "terminating" }] } },
      "failed WaitTimeout",
    ],
    [
      "removes what a failed first installation left",
      { ...seeing(seen("Deployment b", "progressing")), over: { leftovers: [desiredObject("v1", "ConfigMap", { name: "old" })] } },
      "running RestoringResources: prune ConfigMap old",
    ],
    [
      "asked to act although it is ready does nothing",
      { ...seeing(seen("Service a", "ready")), metadata: asked },
      "deployed UnderlyingResourcesReady*",
    ],
    [
      "asked to act while it is on the way in time waits",
      { ...seeing(seen("Service a", "progressing")), metadata: asked },
      "running ResourcesNotReady",
    ],
    ["asked to act after the deadline", { ...seeing(seen("Deployment a", "progressing")), ...due, metadata: asked }, "running Upgrading: upgrade"],
    ["asked to act on a failed object", { ...seeing(seen("Job a", "failed")), metadata: asked }, "running Upgrading: upgrade"],
    [
      "asked long ago",
      { ...seeing(seen("Job a", "failed")), metadata: asked, status: { reconcile_requested_at: "now" } },
      "failed UnderlyingResourcesError",
    ],
  ]);

  test.each([
    ["terminating", " to finish terminating"],
    ["absent", ", which does not exist, to be created"],
  ] as const)("says which namespace it waits for (%s), and looks again although nothing watches that", (state, words) => {
    const closed = [{ name: "far", state }];
    const { verdict, wakeAtMs } = decide({ release: "1 deployed", over: { objects: [inside("ConfigMap a", "far")], closed } });
    expect(verdict.waiting).toEqual({
      what: `for namespace far${words}, before ConfigMap a can be put back`,
      next: "then they are put back",
    });
    expect(wakeAtMs).toBe(NOW + 10_000);
  });

  test("wakes when the wait is over, and says when", () => {
    const source = { type: "local", location: "/charts/x", interval: 3_600 } as const;
    const decision = decide({ ...seeing(seen("Deployment b", "progressing")), spec: { source, wait: { timeout: 65 } } });
    expect(decision.wakeAtMs).toBe(NOW + 5_000);
    expect(decision.verdict.waiting).toEqual({
      what: "for Deployment b: it is progressing",
      next: "will fail at 2026-03-01T12:00:05Z (wait.timeout)",
    });
  });

  test.each([900, 30])("is looked at every ten seconds while it is not ready, though no watch tells of it (wait.timeout %d)", (timeout) => {
    expect(decide({ ...seeing(seen("Deployment b", "progressing")), spec: { wait: { timeout } } }).wakeAtMs).toBe(NOW + 10_000);
  });

  test("has its full time again when readiness is lost later", () => {
    const conditions = [{ type: "Ready", status: "False", lastTransitionTime: "2026-03-01T11:59:50Z" }] as const;
    expect(said(decide({ ...seeing(seen("Deployment b", "progressing")), ...due, status: { conditions } }))).toBe("running ResourcesNotReady");
  });

  test("names three objects of which the same is said, how many more, and why pods do not start", () => {
    const objects = ["a", "b", "c", "d", "e"].map((name) => seen(`Pod ${name}`, "progressing"));
    expect(decide({ release: "1 deployed", over: { objects, podProblems: ["Pod a-1: ImagePullBackOff"] } }).verdict.message).toBe(
      "Pod a, Pod b, Pod c and 2 more: it is progressing; Pod a-1: ImagePullBackOff",
    );
  });
});

describe("an object that cannot be put back", () => {
  const of = (timeout: number) => named({ spec: { wait: { timeout } } });
  const missing = [seen("Service web", "missing")];
  const restore = actionsOf(named()).restore(desiredObject("v1", "Service", { name: "web" }));
  const refusal = new Error("the API server rejects Service web, which is being put back: InternalError (500)");
  const after = (timeout: number, ms: number): ChartDecision => {
    const chart = of(timeout);
    const observed = facts(chart, { ...released(chart, "1 deployed"), objects: missing });
    return decideChart(chart, { ...observed, nowMs: NOW + ms }, [outcome(chart, observed, restore, refusal)]);
  };

  test.each([
    ["in time is tried again when its back-off has passed", 900, 1_001, "running RestoringResources: restore Service web"],
    ["too late is failed while it waits", 30, 100, "failed ReconcileError"],
    ["too late is failed while it is being retried", 30, 1_001, "failed ReconcileError: restore Service web"],
  ])("%s", (_, timeout, ms, expected) => {
    expect(said(after(timeout, ms))).toBe(expected);
  });

  test("names object and cause, and a retry writes nothing new", () => {
    const [waiting, again] = [after(30, 100), after(30, 1_001)];
    expect(waiting.verdict.message).toBe("restore failed: the API server rejects Service web, which is being put back: InternalError (500)");
    expect(again.verdict).toEqual(waiting.verdict);
  });
});

describe("what only a failed revision had, and does not go,", () => {
  const leftovers = [desiredObject("v1", "ConfigMap", { name: "old", namespace: "site" })];
  /** Removed a moment ago: it is not its turn. */
  const effects = new Map([["/ConfigMap/site/old", { type: "prune", times: 3, atMs: NOW, by: undefined } as const]]);
  const stuck = { leftovers, effects };
  table([
    [
      "is removed first",
      { release: "1 deployed", over: { leftovers, objects: [seen("Service a", "missing")] } },
      "running RestoringResources: prune ConfigMap old",
    ],
    [
      "holds up no put-back",
      { release: "1 deployed", over: { ...stuck, objects: [seen("Service a", "missing")] } },
      "running RestoringResources: restore Service a",
    ],
    ["hides no failure", { release: "1 deployed", over: { ...stuck, objects: [seen("Job a", "failed")] } }, "failed UnderlyingResourcesError"],
    ["is waited for", { release: "1 deployed", over: { ...stuck, objects: [seen("Service a", "ready")] } }, "running RestoringResources"],
    ["is not waited for without end", { ...due, release: "1 deployed", over: stuck }, "failed WaitTimeout"],
    ["is removed in its time all the same", { ...due, release: "1 deployed", over: { leftovers } }, "failed WaitTimeout: prune ConfigMap old"],
  ]);
});
