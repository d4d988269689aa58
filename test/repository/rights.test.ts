import { expect, test } from "@jest/globals";
import {
  CHART_RIGHTS,
  CLUSTER_KINDS_RIGHTS,
  EDITOR_RIGHTS,
  ESCALATION_RIGHTS,
  OWN_RIGHTS,
  SERVICE_ACCOUNT_RIGHTS,
  SHARDS_RIGHTS,
  type Right,
  VIEWER_RIGHTS,
} from "../../src/apps/operator/deploy/rights.ts";
import { CHART_READ_RIGHTS, TENANT_RIGHTS } from "../../src/apps/operator/deploy/tenant-rights.ts";
import { codeIn, rowsOf, section } from "./markdown.ts";
import { read } from "./tree.ts";

const reference = read("docs/reference.md");

const rowOf = ({ group, resources, verbs, names, why }: Right): readonly string[] => [
  group,
  [...resources, ...(names === undefined ? [] : names.map((name) => `named ${name}`))].join(" "),
  verbs.join(" "),
  why,
];

test.each([
  ["### Beside the Lease", OWN_RIGHTS.lease],
  ["### Shards", SHARDS_RIGHTS],
  ["### In watched namespaces", OWN_RIGHTS.watched],
  ["### Without a namespace", OWN_RIGHTS.cluster],
  ["### What charts contain", CHART_RIGHTS],
  ["### Cluster kinds in charts", CLUSTER_KINDS_RIGHTS],
  ["### Tenants", [...TENANT_RIGHTS, ...CHART_READ_RIGHTS]],
  ["### Accounts of charts", SERVICE_ACCOUNT_RIGHTS],
  ["### Rights in charts", ESCALATION_RIGHTS],
  ["### People", [...VIEWER_RIGHTS, ...EDITOR_RIGHTS]],
])("docs/reference.md, %s, has the rows of src/apps/operator/deploy/rights.ts", (heading, rights) => {
  const documented = rowsOf(section(reference, heading)).map(([group = "", resources = "", verbs = "", why = ""]) => [
    codeIn(group)[0] ?? "",
    codeIn(resources).join(" "),
    verbs.replaceAll(",", ""),
    why,
  ]);
  expect(documented).toEqual(rights.map(rowOf));
});
