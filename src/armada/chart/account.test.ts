import { describe, expect, test } from "@jest/globals";
import { accountOf, chartsOfAccount, SERVICE_ACCOUNTS } from "./account.ts";
import { decide } from "./testing/table.ts";
import { named, said } from "./testing/charts.ts";

const release = { namespace: "there", name: "blog" };
const chart = named();
const asking = named({ spec: { service_account: "own" } });

describe("accountOf", () => {
  test.each([
    ["none, where charts have the operator's rights", asking, undefined, undefined],
    ["the default, in the namespace of the release", chart, "deployer", { namespace: "there", name: "deployer", missing: false }],
    ["that of the spec", asking, "deployer", { namespace: "there", name: "own", missing: false }],
  ] as const)("%s", (_, of, defaultServiceAccount, expected) => {
    expect(accountOf(of, release, { defaultServiceAccount, exists: () => true })).toEqual(expected);
  });

  test("one that does not exist is still the only one", () => {
    const account = accountOf(asking, release, { defaultServiceAccount: "deployer", exists: ({ name }) => name === "deployer" });
    expect(account).toEqual({ namespace: "there", name: "own", missing: true });
  });
});

describe("without its account", () => {
  const account = { namespace: "site", name: "deployer", missing: true };
  test.each([
    ["nothing is installed", {}],
    ["nothing is upgraded", { release: "1 deployed" }],
    ["nothing is tried again", { release: "1 failed" }],
  ])("%s", (_, seen) => {
    expect(said(decide({ ...seen, over: { account } }))).toBe("pending ServiceAccountNotFound");
  });
});

test("an account that appears concerns the charts that name it, and those that name none if it is the default", () => {
  const account = (name: string, namespace = "site") => ({
    apiVersion: "v1",
    kind: SERVICE_ACCOUNTS.kind,
    metadata: { name, namespace, uid: "u", resourceVersion: "1" },
  });
  const other = { ...asking, metadata: { ...asking.metadata, name: "asking" } };
  expect(chartsOfAccount(account("deployer"), [chart, other], "deployer")).toEqual(["site/blog"]);
  expect(chartsOfAccount(account("own"), [chart, other], "deployer")).toEqual(["site/asking"]);
  expect(chartsOfAccount(account("own", "there"), [chart, other], "deployer")).toEqual([]);
});
