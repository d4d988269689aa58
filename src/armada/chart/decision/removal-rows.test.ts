import { HelmError } from "../../../helm/driver.ts";
import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../../../runtime/api.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { decideChart } from "../decide.ts";
import { asked, decide, table, terminating, turns, waitsOf } from "../testing/table.ts";
import { released, actionsOf, facts, named, NOW, outcome, said, seen } from "../testing/charts.ts";

describe("removal", () => {
  const gone = { target_state: "uninstalled" } as const;
  table([
    ["of what was never installed", { metadata: terminating }, "uninstalled UninstallSuccessful"],
    ["runs helm", { metadata: terminating, release: "1 deployed" }, "running Uninstalling: uninstall"],
    ["on request keeps the object", { spec: gone, release: "1 deployed" }, "running Uninstalling: uninstall"],
    ["on request is done", { spec: gone }, "uninstalled UninstallSuccessful*"],
    ["of a failed release", { metadata: terminating, release: "2 failed once" }, "running Uninstalling: uninstall"],
    ["of a locked release", { metadata: terminating, release: "2 pending-upgrade once" }, "running Uninstalling: uninstall"],
    [
      "of a release on which another operator's helm works waits",
      {
        metadata: terminating,
        release: "2 pending-upgrade once",
        over: { writer: { is: "another operator's", who: "Lease ops/armada-operator, held by x" } },
      },
      "running Uninstalling",
    ],
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
      { metadata: terminating, over: { orphanedObjects: [desiredObject("v1", "Service", { name: "a" })] } },
      "running Uninstalling: prune Service a",
    ],
    [
      "stops at a record that cannot be read",
      { metadata: terminating, release: "1 deployed", over: { damaged: "it is not JSON" } },
      "running UninstallError!",
    ],
  ]);

  test("says that the namespace is being deleted", () => {
    const { verdict } = decide({ metadata: terminating, release: "1 uninstalled", over: { pods: ["Pod a"], namespaceTerminating: true } });
    expect(verdict.waiting).toHaveProperty("what", "for Pod a to be deleted (namespace site is being deleted: out of turn and without hooks)");
    expect(verdict.message).toContain("(namespace site is being deleted: out of turn and without hooks)");
  });

  test("names where nothing could be looked for, and what, and goes on", () => {
    const unseen = ["what the operator is not allowed to list: ClusterRole, Role", "what could not be listed (no answer): widgets.example.org"];
    const orphanedObjects = [desiredObject("v1", "Service", { name: "a" })];
    const none = decide({ metadata: terminating, over: { unseen } });
    expect(none.gone).toBe(true);
    expect(
      [none, decide({ metadata: terminating, over: { unseen, orphanedObjects } })].map(({ verdict }) => verdict.message.split("; not checked: ")),
    ).toEqual([
      ["nothing of this chart is installed", unseen.join("; ")],
      ["the record of release blog no longer exists; removing the objects that still have its annotations: Service a", unseen.join("; ")],
    ]);
  });

  test("removes what only failed revisions had, when helm's own objects are gone, and before the records go", () => {
    const leftovers = [desiredObject("v1", "ConfigMap", { name: "old" })];
    const of = (over: object): string => said(decide({ metadata: terminating, release: "2 uninstalled", over: { leftovers, ...over } }));
    expect(of({})).toBe("running Uninstalling: prune ConfigMap old");
    expect(of({ pods: ["Pod a"] })).toBe("running Uninstalling");
    const effects = new Map([["/ConfigMap//old", { type: "prune", times: 1, atMs: NOW, by: undefined }]]);
    expect(of({ effects })).toBe("running Uninstalling");
  });

  test.each([
    ["may pass by itself", 503, 1_000],
    ["only a change takes away", 403, 600_000],
  ])("of what a vanished record left, when it failed for a reason that %s, waits for its back-off", (_, status, withinMs) => {
    const of = named({ metadata: terminating });
    const orphanedObjects = [desiredObject("v1", "Service", { name: "a" })];
    const observed = facts(of, { orphanedObjects, source: { state: "unread" } });
    const error = new ApiError("delete is refused", { status, reason: "Any" });
    const decision = decideChart(of, observed, [outcome(of, observed, actionsOf(of).prune(...orphanedObjects), error)]);
    expect(said(decision)).toBe("running UninstallError!");
    expect(decision.verdict.message).toContain("delete is refused");
    expect(waitsOf(decision)).toBe("removing what is left failed: delete is refused");
    expect([decision.gone, (decision.wakeAtMs ?? 0) > NOW, (decision.wakeAtMs ?? 0) <= NOW + withinMs]).toEqual([undefined, true, true]);
  });

  test.each([300, 1])("looks again every ten seconds while something remains, though no watch tells of it (delete.timeout %d)", (timeout) => {
    const decision = decide({ metadata: terminating, spec: { delete: { timeout } }, release: "1 uninstalled", over: { pods: ["Pod a"] } });
    expect(decision.wakeAtMs).toBe(NOW + 10_000);
  });

  test("lets the finalizer go only when nothing is left", () => {
    expect(decide({ metadata: terminating }).gone).toBe(true);
    expect(decide({ metadata: terminating, release: "1 uninstalled" }).gone).toBeUndefined();
    expect(decide({ metadata: terminating, over: { orphanedObjects: [desiredObject("v1", "Service")] } }).gone).toBeUndefined();
  });

  test.each([
    ["may pass by itself", new Error("no route to host"), "running UninstallError", 1_000],
    [
      "only a change takes away",
      new HelmError("delete is forbidden", { reason: "Forbidden", class: "terminal" }),
      "running UninstallError!",
      600_000,
    ],
  ])("that failed for a reason that %s waits for its back-off", (_what, error, expected, withinMs) => {
    const of = named({ metadata: terminating });
    const observed = facts(of, { ...released(of, "1 deployed"), source: { state: "unread" } });
    const decision = decideChart(of, observed, [outcome(of, observed, actionsOf(of).uninstall, error)]);
    expect(said(decision)).toBe(expected);
    expect(decision.verdict.message).toBe(error.message);
    expect(decision.wakeAtMs).toBeLessThanOrEqual(NOW + withinMs);
  });

  test.each([
    ["deleted", { metadata: terminating }, ` kubectl -n site patch act blog --type merge -p '{"spec":{"deletion_policy":"orphan"}}'`],
    ["asked to be uninstalled", { spec: { target_state: "uninstalled" } }, undefined],
  ] as const)("that failed in a hook says what goes around it, %s", (_what, parts, orphan) => {
    const of = named(parts);
    const observed = facts(of, { ...released(of, "1 deployed"), source: { state: "unread" } });
    const failed = new HelmError("Job bye: timed out", { reason: "HookFailed", class: "transient" });
    const [message, ...ways] = decideChart(of, observed, [outcome(of, observed, actionsOf(of).uninstall, failed)]).verdict.message.split(
      /; to [^:]*:/,
    );
    expect([message, ...ways]).toEqual(["Job bye: timed out", " helm -n site uninstall blog --no-hooks", ...(orphan === undefined ? [] : [orphan])]);
  });
});
