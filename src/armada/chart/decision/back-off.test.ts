import { describe, expect, test } from "@jest/globals";
import { ceilSecond, rfc3339 } from "../../../base/time/clock.ts";
import { HelmError } from "../../../helm/driver.ts";
import type { ErrorClass } from "../../../base/errors.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { decideChart } from "../decide.ts";
import { chartJournal } from "./journal.ts";
import { asked } from "../testing/table.ts";
import { actionsOf, facts, named, NOW, outcome, ready, released, said, seen } from "../testing/charts.ts";

const failing = (reason: ConstructorParameters<typeof HelmError>[1]["reason"], cls: ErrorClass, of: ArmadaChart = named()) => {
  const observed = facts(of, released(of, "1 failed"));
  const error = new HelmError("no matches for kind Foo", { reason, class: cls });
  return { of, observed, outcomes: [outcome(of, facts(of), actionsOf(of).install, error)] };
};

describe("a helm run that failed", () => {
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

  test.each([
    ["Rejected", "transient", "failed InstallError"],
    ["Forbidden", "transient", "failed InstallError"],
    ["RenderFailed", "transient", "failed InstallError"],
    ["NamespaceTerminating", "waiting", "pending NamespaceTerminating"],
    ["Unknown", "terminal", "failed InstallError!"],
  ] as const)("is stalled by its class, whatever the reason: %s, %s, also when only status remembers it", (reason, cls, expected) => {
    const { of, observed, outcomes } = failing(reason, cls);
    const { history, failures, nextRetryMs = 0 } = chartJournal(of, observed, outcomes);
    const remembered = named({ status: { failures, next_retry_time: rfc3339(ceilSecond(nextRetryMs)), history } });
    expect([decideChart(of, observed, outcomes), decideChart(remembered, observed, [])].map(said)).toEqual([expected, expected]);
  });

  test("is tried again when the back-off has passed", () => {
    const { of, observed, outcomes } = failing("HookFailed", "transient");
    expect(said(decideChart(of, { ...observed, nowMs: NOW + 1_001 }, outcomes))).toBe("running Installing: install --replace");
  });

  test("is tried again at once when the clock was set back by more than any pause", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal");
    expect(said(decideChart(of, { ...observed, nowMs: NOW - 2_000 }, outcomes))).toBe("running Installing: install --replace");
  });

  test("is tried again at once when the inputs change", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal");
    expect(said(decideChart(of, { ...observed, source: ready(of, { inputsDigest: "sha256.new" }) }, outcomes))).toBe(
      "running Installing: install --replace",
    );
  });

  test("is tried again at once when the spec changes, even where helm is given the same", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal");
    const edited = { ...of, metadata: { ...of.metadata, generation: 2 } };
    const decision = decideChart(edited, observed, outcomes);
    expect(said(decision)).toBe("running Installing: install --replace");
    expect(decision.verdict.message).toBe("helm install is running: revision 1 is failed");
  });

  test("is not repeated by the request that caused it", () => {
    const { of, observed, outcomes } = failing("Rejected", "terminal", named({ metadata: asked }));
    expect(said(decideChart(of, observed, outcomes))).toBe("failed InstallError!");
  });

  test("says which attempt runs, and why the one before failed", () => {
    const { of, observed, outcomes } = failing("HookFailed", "transient");
    const { verdict, actions } = decideChart(of, { ...observed, nowMs: NOW + 1_001 }, outcomes);
    expect(actions).toMatchObject([{ type: "install", because: "revision 1 is failed, attempt 2" }]);
    expect(verdict.message).toBe("helm install is running (attempt 2): revision 1 is failed");
    expect(verdict.waiting).toMatchObject({ doing: "helm install is running (attempt 2; the one before failed: no matches for kind Foo)" });
  });

  test("does not hide behind another effect: a failed restoration waits too", () => {
    const of = named();
    const observed = facts(of, { ...released(of, "1 deployed"), objects: [seen("Service web", "missing")] });
    const restore = actionsOf(of).restore(desiredObject("v1", "Service", { name: "web" }));
    expect(said(decideChart(of, observed, [outcome(of, observed, restore, new Error("no"))]))).toBe("failed ReconcileError");
  });
});
