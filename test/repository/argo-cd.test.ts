import { describe, expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { HelmError } from "../../src/helm/driver.ts";
import { decideChart } from "../../src/armada/chart/decide.ts";
import { reportChart } from "../../src/armada/chart/report.ts";
import { facts, named, nobodys, others, outcome, released, seen } from "../../src/armada/chart/testing/charts.ts";
import { broken, terminating, type Case } from "../../src/armada/chart/testing/table.ts";
import { decideParent } from "../../src/armada/parent/decide.ts";
import { parentFacts } from "../../src/armada/parent/observe.ts";
import { reportParent } from "../../src/armada/parent/report.ts";
import { NOW } from "../../src/armada/parent/testing/parents.ts";
import { KINDS } from "../../src/armada/api/kinds.ts";
import { fieldsOf, listOf } from "../../src/armada/readiness/fields.ts";
import { groupOf } from "../../src/armada/testing/estate.ts";
import { runLua } from "./lua.ts";
import { files, read } from "./tree.ts";

const script = read("deploy/argo-cd/health.lua");
const health = (object: object): readonly (string | null)[] => runLua(script, object, ["status", "message"]);

/** A chart with the status that the operator writes for it. */
const reported = ({ spec = {}, status, metadata = {}, release, over }: Case, error?: Error): object => {
  const chart = named({ spec, metadata, status });
  const observed = facts(chart, { ...(release === undefined ? {} : released(chart, release)), ...over });
  const first = decideChart(chart, observed, []);
  const outcomes = error === undefined ? [] : first.actions.map((action) => outcome(chart, observed, action, error));
  return { ...chart, status: reportChart(chart, { observed, outcomes, decision: decideChart(chart, observed, outcomes) }).status };
};

const CHARTS: readonly (readonly [title: string, given: Case, expected: string])[] = [
  ["that helm installs", {}, "Progressing"],
  ["whose source is being read", { over: { source: { state: "reading" } } }, "Progressing"],
  ["whose objects are not ready", { release: "1 deployed", over: { objects: [seen("Deployment web", "progressing")] } }, "Progressing"],
  ["that is deployed", { release: "1 deployed", over: { objects: [seen("Deployment web", "ready")] } }, "Healthy"],
  ["with an object that failed", { release: "1 deployed", over: { objects: [seen("Job db", "failed")] } }, "Degraded"],
  ["whose source cannot be read", { over: { source: broken } }, "Degraded"],
  ["whose release has no owner", { release: "1 deployed", over: { ownership: nobodys } }, "Progressing"],
  ["whose release another chart has", { release: "1 deployed", over: { ownership: others } }, "Degraded"],
  ["that is parked", { spec: { target_state: "uninitialized" } }, "Healthy"],
  ["that is uninstalled, as asked", { spec: { target_state: "uninstalled" } }, "Healthy"],
  ["that is being uninstalled", { spec: { target_state: "uninstalled" }, release: "1 deployed" }, "Progressing"],
  ["that is being deleted", { metadata: terminating, release: "1 deployed" }, "Progressing"],
  ["that is suspended", { spec: { suspend: true }, release: "1 deployed" }, "Suspended"],
  ["that is suspended and being deleted", { spec: { suspend: true }, metadata: terminating, release: "1 deployed" }, "Progressing"],
];

describe("deploy/argo-cd/health.lua", () => {
  test.each(CHARTS)("of an ArmadaChart %s", (_, given, expected) => {
    const [status, message] = health(reported(given));
    expect([status, message === ""]).toEqual([expected, false]);
  });

  test.each(["transient", "terminal"] as const)("of an ArmadaChart whose helm run failed, %s", (type) => {
    const error = new HelmError("helm install failed: no", { reason: "RenderFailed", class: type });
    expect(health(reported({}, error))[0]).toBe("Degraded");
  });

  test.each([
    ["1D 2D", "Healthy"],
    ["1D 2R", "Progressing"],
    ["1F 2P", "Degraded"],
    ["1D 2X", "Progressing"],
  ])("of an ArmadaChartGroup over %s", (notation, expected) => {
    const { parent, estate } = groupOf(notation);
    const observed = parentFacts(parent, estate, NOW);
    const { status } = reportParent(parent, { observed, decision: decideParent(parent, observed, []), outcomes: [] });
    expect(health({ ...parent, status })[0]).toBe(expected);
  });

  test("of an object that nobody has looked at, or not since it was changed, is Progressing", () => {
    const [, given] = CHARTS.find(([, , expected]) => expected === "Healthy") ?? ["", {}];
    const deployed = { status: {}, ...reported(given) };
    const changed = { ...deployed, metadata: { ...named().metadata, generation: 2 } };
    expect([health(named())[0], health(deployed)[0], health(changed)[0]]).toEqual(["Progressing", "Healthy", "Progressing"]);
  });
});

test("deploy/argo-cd has a health check for every kind", () => {
  const text = read("deploy/argo-cd/kustomization.yaml");
  for (const { resource } of KINDS) expect(text).toContain(`resource.customizations.health.${resource.group}_${resource.kind}=health.lua\n`);
  const used = [...text.matchAll(/=(\S+)$/gm)].map(([, file = ""]) => `deploy/argo-cd/${file}`);
  expect(used.filter((file) => !files.includes(file))).toEqual([]);
});

test("docs/gitops.md ignores the same differences as deploy/argo-cd", () => {
  const expressions = listOf(fieldsOf(load(read("deploy/argo-cd/ignore-differences.yaml")))["jqPathExpressions"]);
  expect(expressions).toHaveLength(1);
  for (const expression of expressions) expect(read("docs/gitops.md")).toContain(`- ${String(expression)}\n`);
});
