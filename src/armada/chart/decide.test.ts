import { describe, expect, test } from "@jest/globals";
import { chart } from "../testing.ts";
import { decideChart } from "./decide.ts";
import { broken, decide, table, terminating } from "./testing-table.ts";
import { ARTIFACT, facts, named, nobodys, said } from "./testing.ts";

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
    ["a library by Chart.yaml is done", { over: { source: { state: "ready", artifact: { ...ARTIFACT, library: true } } } }, "uninitialized Library*"],
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
