import { describe, expect, test } from "@jest/globals";
import { chart } from "../testing/estate.ts";
import { intervalMs } from "./decision/context.ts";
import { decideChart } from "./decide.ts";
import { broken, decide, table, terminating, type Case } from "./testing/table.ts";
import { ARTIFACT, facts, named, nobodys, NOW, ready, said } from "./testing/charts.ts";

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
    ["a spec that cannot be carried out is refused", { over: { refusal: "spec.namespace is elsewhere" } }, "error InvalidSpec!"],
    [
      "what is refused can be deleted",
      { over: { refusal: "spec.namespace is elsewhere" }, metadata: terminating },
      "uninstalled UninstallSuccessful",
    ],
    ["a spec that breaks a rule of the schema is refused", { spec: { wait: { timeout: -1 } } }, "error InvalidSpec!"],
    ["also while it is parked", { spec: { wait: { timeout: -1 }, target_state: "uninitialized" } }, "error InvalidSpec!"],
    ["a library by Chart.yaml is done", { over: { source: ready(named(), { artifact: { ...ARTIFACT, library: true } }) } }, "uninitialized Library*"],
    ["a library that is a library no more is installed", { status: { reason: "Library" } }, "running Installing: install"],
    ["a library whose source cannot be read stays one", { status: { reason: "Library" }, over: { source: broken } }, "uninitialized Library*"],
    ["a parked one nobody lists is as it should be", { spec: { target_state: "uninitialized" } }, "uninitialized Parked*"],
    ["a parked one keeps its release", { spec: { target_state: "uninitialized" }, release: "1 deployed other" }, "uninitialized Unmanaged*"],
    [
      "a parked one asks nothing of a foreign release",
      { spec: { target_state: "uninitialized" }, over: { ownership: nobodys } },
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

describe("a chart that is one too many in its namespace", () => {
  const crowded = { crowding: 3, source: { state: "unread" } } as const;
  table([
    ["waits", { over: crowded }, "pending TooManyCharts"],
    ["leaves its release alone", { over: crowded, release: "1 deployed" }, "pending TooManyCharts"],
    ["parked, waits for nothing", { over: crowded, spec: { target_state: "uninitialized" } }, "uninitialized Parked*"],
    ["terminating, waits for nothing", { over: crowded, metadata: terminating }, "uninstalled UninstallSuccessful"],
  ]);
});

describe("a chart with a missing dependency", () => {
  const missing = { source: { state: "waiting", missing: "there is no ArmadaChart x", retryAtMs: NOW + 10_000 } } as const;
  const runs = { release: { spec_digest: facts(named()).specDigest } };
  table([
    ["waits", { over: missing }, "pending WaitingForDependency"],
    ["waits with a release of another spec", { over: missing, release: "1 deployed" }, "pending WaitingForDependency"],
    ["leaves a release of this spec alone", { over: missing, release: "1 deployed", status: runs }, "deployed UnderlyingResourcesReady*"],
    ["parked, waits for nothing", { over: missing, spec: { target_state: "uninitialized" } }, "uninitialized Parked*"],
    ["terminating, waits for nothing", { over: missing, metadata: terminating }, "uninstalled UninstallSuccessful"],
  ]);

  test("is looked at again: a folder below a chart root tells nobody that it has come", () => {
    expect(decide({ over: missing }).wakeAtMs).toBe(NOW + 10_000);
  });
});

describe("a chart that is never installed", () => {
  const shelf = { spec: { target_state: "uninitialized" } } as const;
  test.each([
    ["parked", shelf],
    ["a library", { status: { reason: "Library" } } as const],
    ["in an active parent's list", { ...shelf, over: { activeParents: ["ArmadaChartGroup g"] } }],
  ])("looks at its source when the interval, or the pause after a failure, is over: %s", (_, given: Case) => {
    const library = ready(named(), { artifact: { ...ARTIFACT, library: given.status !== undefined } });
    expect(decide({ ...given, over: { source: library, ...given.over } }).wakeAtMs).toBe(NOW + intervalMs(named()));
    expect(decide({ ...given, over: { ...given.over, source: broken } }).wakeAtMs).toBe(broken.retryAtMs);
    expect(decide({ ...given, over: { ...given.over, source: { state: "unread" } } }).wakeAtMs).toBeUndefined();
  });

  table([
    ["parked, is as it should be whether its source can be read or not", { ...shelf, over: { source: broken } }, "uninitialized Parked*"],
    [
      "in an active parent's list waits for its turn, not for its source",
      { ...shelf, over: { source: broken, activeParents: ["g"] } },
      "uninitialized WaitingForTurn",
    ],
    ["while its source is being read", { ...shelf, over: { source: { state: "reading" } } }, "uninitialized Parked*"],
    ["keeps its release", { ...shelf, release: "1 deployed other", over: { source: broken } }, "uninitialized Unmanaged*"],
  ]);

  test("parked, names a dependency that is missing", () => {
    const source = { state: "waiting", missing: "there is no ArmadaChart x", retryAtMs: NOW + 10_000 } as const;
    expect(decide({ ...shelf, over: { source } }).verdict.message).toMatch(/^parked: .*; there is no ArmadaChart x$/);
  });
});

/** As the API server may hold it: stored before the CRD had the rule, or of a shape that CEL cannot check. */
const stored = (spec: object) => {
  const of = named();
  return { ...of, spec: { ...of.spec, ...spec } };
};

describe("a spec that the CRD let through", () => {
  const shape = "must be true, false, or an object with enabled (boolean), timeout (seconds, 0 or more) and options.cleanup (boolean).";
  test.each([
    ["test in words", { test: "yes" }, `spec.test is "yes", but it ${shape}`],
    ["a duration of test in words", { test: { timeout: "x" } }, `spec.test is an object, but it ${shape}`],
    [
      "a target of before",
      { target_state: "initialized" },
      'spec.target_state is "initialized", but it must be one of uninitialized, deployed, uninstalled.',
    ],
    ["a list as text", { dependencies: "a" }, 'spec.dependencies is "a", but it must be a list.'],
    ["no release", { release: undefined }, "spec.release is missing: it must be a string."],
  ])("is refused in one sentence: %s", (_, spec, sentence) => {
    const of = stored(spec);
    const decision = decideChart(of, facts(named()), []);
    expect([said(decision), decision.verdict.message]).toEqual(["error InvalidSpec!", sentence]);
  });
});

describe("the source", () => {
  table([
    ["cannot be read and nothing runs", { over: { source: broken } }, "error SourceError!"],
    ["is being read and nothing runs", { over: { source: { state: "reading" } } }, "pending WaitingForSource"],
    [
      "is being read and what runs is of another spec",
      { release: "1 deployed", status: { release: { spec_digest: "old" } }, over: { source: { state: "reading" } } },
      "running WaitingForSource",
    ],
    [
      "is being read and what runs is of nobody knows which",
      { release: "1 deployed", over: { source: { state: "reading" } } },
      "running WaitingForSource",
    ],
    [
      "is being read and what runs is nobody's",
      { release: "1 deployed", over: { source: { state: "reading" }, ownership: nobodys } },
      "pending WaitingForSource",
    ],
    ["is being read and the last upgrade failed", { release: "2 failed once", over: { source: { state: "reading" } } }, "pending WaitingForSource"],
    [
      "is being read and what runs is of this spec",
      {
        release: "1 deployed",
        status: { release: { spec_digest: facts(named()).specDigest } },
        over: { source: { state: "reading" } },
      },
      "deployed UnderlyingResourcesReady*",
    ],
    ["may come back", { over: { source: { ...broken, failure: { ...broken.failure, class: "transient" } } } }, "error SourceError"],
    [
      "cannot be read and what runs is of another spec",
      { release: "1 deployed", status: { release: { spec_digest: "old" } }, over: { source: broken } },
      "error SourceError!",
    ],
  ]);

  test("is being read for a release that is deployed, which is said, too", () => {
    const { verdict } = decide({ release: "3 deployed other", over: { source: { state: "reading" } } });
    expect(verdict.waiting).toEqual({
      doing: "its chart is being read; release blog revision 3 stays deployed until then",
      next: "helm upgrade runs, if chart or values have changed",
    });
  });

  test("is tried again when its pause is over, and the sentence says when", () => {
    const decision = decide({ over: { source: broken } });
    expect(decision.wakeAtMs).toBe(NOW + 15_000);
    expect(decision.verdict.waiting).toMatchObject({ next: "next try at 2026-03-01T12:00:15Z, and immediately on any change" });
  });

  test("cannot be read, but what the spec says runs: the release decides, and the source is tried again as soon", () => {
    const of = named();
    const { specDigest } = facts(of);
    const decision = decide({
      release: "1 deployed",
      status: { release: { spec_digest: specDigest } },
      over: { source: broken },
    });
    expect(said(decision)).toBe("deployed UnderlyingResourcesReady*");
    expect(decision.wakeAtMs).toBe(NOW + 15_000);
  });
});
