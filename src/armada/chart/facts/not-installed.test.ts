import { expect, test } from "@jest/globals";
import type { ArmadaChart } from "../../api/chart.ts";
import { chart, estateOf, group, owned } from "../../testing/estate.ts";
import { decideChart } from "../decide.ts";
import type { SourceView } from "../source-view.ts";
import { ARTIFACT, named, NOW, said } from "../testing/charts.ts";
import { notInstalled, type Surroundings } from "./not-installed.ts";

const view: SourceView = { state: "ready", artifact: ARTIFACT, dependencies: [] };

/** What is decided on files alone. */
const decide = (of: ArmadaChart, over: Partial<Surroundings> = {}): string =>
  said(decideChart(of, notInstalled(of, { estate: estateOf(of), view, nowMs: NOW, epoch: "1-offline", ...over }), []));

const listed = group("g", ["first", "blog"], { spec: { sequenced: true } });

test.each([
  ["is installed after its name has been written down", decide(chart("blog")), "running Installing: recordName"],
  ["whose name is written down is installed", decide(named()), "running Installing: install"],
  ["waits for its source", decide(named(), { view: { state: "reading" } }), "pending WaitingForSource"],
  ["is refused where its release may not live", decide(named(), { refusal: "namespace far is not watched" }), "error InvalidSpec!"],
  [
    "waits for what its group lists before it",
    decide(owned(named(), listed), { estate: estateOf(listed, owned(chart("first"), listed), owned(named(), listed)) }),
    "pending WaitingForTurn",
  ],
  [
    "gives way to an older one of the same release",
    decide(named(), {
      estate: estateOf(named(), chart("older", { spec: { release: "blog" }, metadata: { creationTimestamp: "2025-01-01T00:00:00Z" } })),
    }),
    "error ReleaseConflict!",
  ],
  ["that is to be uninstalled has nothing to go", decide(named({ spec: { target_state: "uninstalled" } })), "uninstalled UninstallSuccessful*"],
])("without a cluster, a chart of which nothing is installed %s", (_, decided, expected) => {
  expect(decided).toBe(expected);
});
