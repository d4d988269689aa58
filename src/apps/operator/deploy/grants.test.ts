import { expect, test } from "@jest/globals";
import { grantsFor } from "./grants.ts";

const operator = "system:serviceaccount:armada-operator:armada-operator";
const lacks = (verb: string, resource: string, group: string, user = operator, name = "x"): string =>
  `${resource}${group === "" ? "" : `.${group}`} "${name}" is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" at the cluster scope`;
const RBAC = "rbac.authorization.k8s.io";
const escalates = (resource: string): string =>
  `${resource}.${RBAC} "x" is forbidden: user "${operator}" (groups=["system:serviceaccounts"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"]}`;
const OWN = 'a ClusterRole with the label armada.airshipit.org/aggregate-to-charts: "true"';

test.each([
  ["a kind that charts usually contain", lacks("create", "deployments", "apps"), "deploy/rbac.yaml grants it"],
  ["a list", `pods is forbidden: User "${operator}" cannot list resource "pods" in API group ""`, "deploy/rbac.yaml grants it"],
  ["a namespace for a release", lacks("create", "namespaces", ""), "deploy/rbac.yaml grants it"],
  ["a kind without a namespace", lacks("get", "priorityclasses", "scheduling.k8s.io"), "deploy/optional/cluster-kinds.yaml grants it"],
  ["any definition", lacks("get", "customresourcedefinitions", "apiextensions.k8s.io"), "deploy/optional/cluster-kinds.yaml grants it"],
  [
    "a definition of ours",
    lacks("get", "customresourcedefinitions", "apiextensions.k8s.io", operator, "armadacharts.armada.airshipit.org"),
    "deploy/rbac.yaml grants it",
  ],
  ["an account", lacks("impersonate", "serviceaccounts", ""), "deploy/optional/service-accounts.yaml grants it"],
  ["a role with more rights", escalates("clusterroles"), "deploy/optional/escalate.yaml grants it"],
  ["a binding to a role with more rights", escalates("rolebindings"), "deploy/optional/escalate.yaml grants it"],
  ["a kind of somebody else's", lacks("get", "certificates", "cert-manager.io"), `${OWN} grants it`],
  ["a subresource", lacks("get", "pods/log", ""), "deploy/rbac.yaml grants it"],
  [
    "several of one file, and of another",
    [lacks("get", "secrets", ""), lacks("create", "secrets", ""), lacks("get", "priorityclasses", "scheduling.k8s.io")].join("; "),
    "deploy/rbac.yaml and deploy/optional/cluster-kinds.yaml grant them",
  ],
  ["the same of several objects", [lacks("get", "secrets", ""), lacks("get", "secrets", "", operator, "y")].join(" "), "deploy/rbac.yaml grants it"],
  ["something else", 'secrets "x" is forbidden: exceeded quota: q', undefined],
])("who may not have %s is told what grants it", (_, message, expected) => {
  expect(grantsFor({ watchNamespaces: [] })(message)).toBe(expected);
});

test.each([
  ["usual kinds", lacks("create", "deployments", "apps"), "deploy/namespaced grants it"],
  ["a namespace", lacks("create", "namespaces", ""), "deploy/optional/without-namespace.yaml grants it"],
  ["storage classes", lacks("list", "storageclasses", "storage.k8s.io"), "deploy/optional/without-namespace.yaml grants it"],
  ["a kind of somebody else's", lacks("get", "certificates", "cert-manager.io"), "a Role in the namespace grants it"],
])("with Roles only, too: %s", (_, message, expected) => {
  expect(grantsFor({ watchNamespaces: ["site"] })(message)).toBe(expected);
});

test("what an account of a chart lacks is granted to that", () => {
  const grantOf = grantsFor({ watchNamespaces: [] });
  const account = { namespace: "site", name: "deployer" };
  const message = lacks("create", "deployments", "apps", "system:serviceaccount:site:deployer");
  expect(grantOf(message, account)).toBe("a Role for ServiceAccount deployer in namespace site grants it");
  expect(grantOf(lacks("impersonate", "serviceaccounts", ""), account)).toBe("deploy/optional/service-accounts.yaml grants it");
});
