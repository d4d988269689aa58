import { describe, expect, test } from "@jest/globals";
import type { NamedObject } from "../../helm/driver.ts";
import { boundsOf, type BoundsRules } from "./bounds.ts";

const DENY: BoundsRules = { crossNamespace: false, clusterScoped: false, own: ["ops", "leases"] };
const ALLOW: BoundsRules = { crossNamespace: true, clusterScoped: true, own: ["ops", "leases"] };
const account = { namespace: "site", name: "deployer" };

const map = (namespace: string): NamedObject => ({ kind: "ConfigMap", name: "m", namespace });
const role: NamedObject = { kind: "ClusterRole", name: "r" };
const elsewhere =
  /^ConfigMap "m" is in namespace "kube-system", and charts whose release is in "site" .* --cross-namespace=allow, .*--default-service-account/;
const clusterScoped = /^ClusterRole "r" is cluster-scoped, .* --cluster-scoped=allow, .*--default-service-account/;
const operators = (namespace: string) => new RegExp(`^ConfigMap "m" is in namespace "${namespace}", that of the operator`);

interface Given {
  readonly account?: typeof account;
  readonly rules?: BoundsRules;
  readonly act?: "read" | "write";
  /** Of the ArmadaChart. */
  readonly of?: string;
  readonly home?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

const refusalOf = (object: NamedObject, { account: as, rules = DENY, act = "write", of = "site", home = "site", body }: Given) =>
  boundsOf(
    { metadata: { name: "c", namespace: of, uid: "u", resourceVersion: "1", generation: 1 } },
    { namespace: home, name: "r" },
    as,
    rules,
  )(object, act, body);

describe("what is refused", () => {
  test.each<readonly [string, NamedObject, Given, RegExp | undefined]>([
    ["its own namespace", map("site"), {}, undefined],
    ["another one", map("kube-system"), {}, elsewhere],
    ["another one, looked up", map("kube-system"), { act: "read" }, elsewhere],
    [
      "all of them, looked up",
      { kind: "Secret", name: "", namespace: "*" },
      { act: "read" },
      /^Secret is looked up in every namespace, and charts whose release is in "site" /,
    ],
    ["another one, where that is allowed", map("kube-system"), { rules: ALLOW }, undefined],
    ["another one, where the account decides", map("kube-system"), { account }, undefined],
    ["no namespace", role, {}, clusterScoped],
    ["no namespace, looked up", role, { act: "read" }, undefined],
    ["no namespace, where that is allowed", role, { rules: ALLOW }, undefined],
    ["no namespace, where the account decides", role, { account }, undefined],
    ["the operator's namespace", map("ops"), { rules: ALLOW }, operators("ops")],
    ["that of its Lease", map("leases"), { rules: ALLOW }, operators("leases")],
    ["the operator's, with the rights of an account", map("ops"), { account }, operators("ops")],
    ["the operator's, of a release elsewhere", map("ops"), { of: "ops", rules: ALLOW }, undefined],
    ["the operator's, of a chart beside it", map("ops"), { of: "ops", home: "ops" }, undefined],
    ["the operator's, of a chart beside it with an account", map("ops"), { of: "ops", home: "ops", account }, operators("ops")],
    ["the operator's, looked up where that is allowed", map("ops"), { act: "read", rules: ALLOW }, undefined],
    ["the Namespace of the operator", { kind: "Namespace", name: "ops" }, { rules: ALLOW }, /^Namespace "ops" is that of the operator/],
    ["another Namespace", { kind: "Namespace", name: "x" }, { rules: ALLOW }, undefined],
  ])("%s", (_, object, given, expected) => {
    const said = refusalOf(object, given);
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(expected);
  });
});

test.each([{}, { account }])("a record of helm in a chart is refused: %j", (given) => {
  const secret: NamedObject = { kind: "Secret", name: "s", namespace: "site" };
  expect(refusalOf(secret, { ...given, body: { type: "helm.sh/release.v1" } })).toMatch(
    /^Secret "s" has type helm\.sh\/release\.v1, .*written by helm itself/,
  );
  expect(refusalOf(secret, { ...given, body: { type: "Opaque" } })).toBeUndefined();
});

describe("rights for an account of the operator", () => {
  const binding: NamedObject = { kind: "RoleBinding", name: "b", namespace: "site" };
  test.each([
    [
      { kind: "ServiceAccount", name: "armada-operator", namespace: "ops" },
      /^RoleBinding "b" names ServiceAccount "armada-operator", an account of the operator/,
    ],
    [{ kind: "User", name: "system:serviceaccount:ops:armada-operator" }, /names User "system:serviceaccount:ops:armada-operator"/],
    [{ kind: "Group", name: "system:serviceaccounts:ops" }, /names Group "system:serviceaccounts:ops"/],
    [{ kind: "ServiceAccount", name: "armada-operator", namespace: "site" }, undefined],
    [{ kind: "Group", name: "system:serviceaccounts:opsx" }, undefined],
    [{ kind: "User", name: "system:serviceaccount:opsx:a" }, undefined],
  ])("%j", (subject, expected) => {
    const said = refusalOf(binding, { account, body: { subjects: [{ kind: "User", name: "somebody" }, subject] } });
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(expected);
  });

  test("of another kind of object that has subjects", () => {
    expect(refusalOf(map("site"), { body: { subjects: [{ kind: "ServiceAccount", namespace: "ops" }] } })).toBeUndefined();
  });
});
