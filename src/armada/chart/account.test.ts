import { describe, expect, test } from "@jest/globals";
import { CHART_NAMESPACES } from "../names.ts";
import { accountOf, changesAdmission, chartsOfAccount, closedAccount, SERVICE_ACCOUNTS } from "./account.ts";
import { desiredObject } from "../readiness/testing/objects.ts";
import { decide, terminating } from "./testing/table.ts";
import { named, nobodys, released, said } from "./testing/charts.ts";

const release = { namespace: "site", name: "blog" };
const accountNamed = (name: string, namespace = "site", annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "v1",
  kind: SERVICE_ACCOUNTS.kind,
  metadata: { name, namespace, annotations, uid: "u", resourceVersion: "1" },
});
const chart = named();
const asking = named({ spec: { service_account: "own" } });

describe("accountOf", () => {
  test.each([
    ["none, where charts have the operator's rights", asking, undefined, undefined],
    ["the default, in the namespace of the release", chart, "deployer", { namespace: "site", name: "deployer", missing: false, closedTo: undefined }],
    ["that of the spec", asking, "deployer", { namespace: "site", name: "own", missing: false, closedTo: undefined }],
  ] as const)("%s", (_, of, defaultServiceAccount, expected) => {
    expect(accountOf(of, release, { defaultServiceAccount, find: ({ name }) => accountNamed(name) })).toEqual(expected);
  });

  test("one that does not exist is still the only one", () => {
    const account = accountOf(asking, release, { defaultServiceAccount: "deployer", find: () => undefined });
    expect(account).toEqual({ namespace: "site", name: "own", missing: true, closedTo: undefined });
  });

  test.each([
    ["says nothing of others", {}, "site"],
    ["names another", { [CHART_NAMESPACES]: "sites" }, "site"],
    ["names its namespace", { [CHART_NAMESPACES]: "other, site" }, undefined],
  ])("one of another namespace, which %s", (_, annotations, closedTo) => {
    const find = () => accountNamed("deployer", "there", annotations);
    const account = accountOf(chart, { namespace: "there", name: "blog" }, { defaultServiceAccount: "deployer", find });
    expect(account).toEqual({ namespace: "there", name: "deployer", missing: false, closedTo });
  });

  test("one of another namespace that does not exist admits nobody", () => {
    const account = accountOf(chart, { namespace: "there", name: "blog" }, { defaultServiceAccount: "deployer", find: () => undefined });
    expect(account).toMatchObject({ missing: true, closedTo: "site" });
    expect(closedAccount(account)).toMatch(
      /^ServiceAccount "deployer" in namespace "there" does not exist, and must admit ArmadaCharts of namespace "site": /,
    );
  });
});

describe("with an account of another namespace that does not admit it", () => {
  const account = { namespace: "there", name: "deployer", missing: false, closedTo: "site" };
  const nobody = { record: released(chart, "1 deployed").record, ownership: nobodys };
  test.each([
    ["a chart is not installed", {}, "error InvalidSpec!"],
    ["a chart is not upgraded", { release: "1 deployed" }, "error InvalidSpec!"],
    ["a chart takes no release", { spec: { adoption: "adopt" as const }, over: nobody }, "error InvalidSpec!"],
    ["a chart removes no release", { release: "1 deployed", metadata: terminating }, "running UninstallError!"],
    ["a chart uninstalls none", { release: "1 deployed", spec: { target_state: "uninstalled" as const } }, "running UninstallError!"],
    [
      "a chart removes nothing of a release without a record",
      { metadata: terminating, over: { orphanedObjects: [desiredObject("v1", "Secret", {})] } },
      "running UninstallError!",
    ],
    ["a chart without a release goes", { metadata: terminating }, "uninstalled UninstallSuccessful"],
    [
      "a chart goes that leaves its release",
      { release: "1 deployed", metadata: terminating, spec: { deletion_policy: "orphan" as const } },
      "running Orphaning",
    ],
  ])("%s", (_, seen, expected) => {
    const { over, ...given } = { over: {}, ...seen };
    const decision = decide({ ...given, over: { ...over, account } });
    expect(said(decision)).toBe(expected);
    if (expected.endsWith("!"))
      expect(decision.verdict.message).toContain(
        'ServiceAccount "deployer" in namespace "there" does not admit ArmadaCharts of namespace "site": annotate it with armada.airshipit.org/chart-namespaces=site',
      );
  });

  test.each([
    ["does not say otherwise", {}, { note: "x" }, false],
    ["admits one more", { [CHART_NAMESPACES]: "a" }, { [CHART_NAMESPACES]: "a,b" }, true],
    ["spells it otherwise", { [CHART_NAMESPACES]: "a,b" }, { [CHART_NAMESPACES]: "a, b" }, false],
  ])("an account that %s", (_, before, now, expected) => {
    expect(changesAdmission(accountNamed("x", "y", before), accountNamed("x", "y", now))).toBe(expected);
  });
});

describe("without its account", () => {
  const account = { namespace: "site", name: "deployer", missing: true, closedTo: undefined };
  test.each([
    ["nothing is installed", {}],
    ["nothing is upgraded", { release: "1 deployed" }],
    ["nothing is tried again", { release: "1 failed" }],
  ])("%s", (_, seen) => {
    expect(said(decide({ ...seen, over: { account } }))).toBe("pending ServiceAccountNotFound");
  });
});

test("an account that appears concerns the charts that name it, and those that name none if it is the default", () => {
  const other = { ...asking, metadata: { ...asking.metadata, name: "asking" } };
  expect(chartsOfAccount(accountNamed("deployer"), [chart, other], "deployer")).toEqual(["site/blog"]);
  expect(chartsOfAccount(accountNamed("own"), [chart, other], "deployer")).toEqual(["site/asking"]);
  expect(chartsOfAccount(accountNamed("own", "there"), [chart, other], "deployer")).toEqual([]);
});
