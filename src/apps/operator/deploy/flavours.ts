import { aggregatedText, bindingText, granted, headText, roleText, type Role } from "./rbac-text.ts";
import { CHART_RIGHTS, CHARTS_LABEL, DEFINITIONS_RIGHT, LEASES_RIGHT, OPERATOR, OWN_RIGHTS, type Right } from "./rights.ts";
import { CHART_READ_RIGHTS, DEPLOYER, READS_LABEL, TENANT_RIGHTS, TENANTS_CLUSTER_RIGHTS } from "./tenant-rights.ts";

/** YAML documents. Names of roles and bindings begin with the operator's namespace: another operator, which may take a namespace over, has its own. */
export interface FlavourRoles {
  /** Without a namespace. */
  readonly cluster: readonly string[];
  /** In each watched namespace, which kustomize fills in. */
  readonly watched: readonly string[];
}

/** One team: charts have the operator's rights. */
export const namespacedRoles = (operatorNamespace: string): FlavourRoles => {
  const account = { name: OPERATOR, namespace: operatorNamespace };
  const cluster = (name: string, right: Right): readonly string[] =>
    granted({ kind: "ClusterRole", name: `${operatorNamespace}-${name}`, rights: [right] }, account);
  return {
    cluster: [...cluster("definitions", DEFINITIONS_RIGHT), ...cluster("leases", LEASES_RIGHT)],
    watched: [
      ...granted({ kind: "Role", name: operatorNamespace, rights: OWN_RIGHTS.watched }, account),
      ...granted({ kind: "Role", name: `${operatorNamespace}-charts`, rights: CHART_RIGHTS }, account),
    ],
  };
};

/** Tenants: charts have the rights of an account of their namespace, and the operator reads what they contain. */
export const tenantRoles = (operatorNamespace: string): FlavourRoles => {
  const account = { name: OPERATOR, namespace: operatorNamespace };
  const named = (name: string): Pick<Role, "kind" | "name"> => ({ kind: "ClusterRole", name: `${operatorNamespace}-${name}` });
  const here = { kind: "RoleBinding" } as const;
  return {
    cluster: [
      ...granted({ kind: "ClusterRole", name: operatorNamespace, rights: TENANTS_CLUSTER_RIGHTS }, account),
      roleText({ ...named("tenant"), rights: TENANT_RIGHTS }),
      ...aggregated(named("charts"), CHARTS_LABEL, CHART_RIGHTS),
      ...aggregated(named("charts-read"), READS_LABEL, CHART_READ_RIGHTS),
    ],
    watched: [
      headText({ apiVersion: "v1", kind: "ServiceAccount", name: DEPLOYER }),
      bindingText({ ...here, name: `${operatorNamespace}-${DEPLOYER}`, role: named("charts"), to: { name: DEPLOYER } }),
      bindingText({ ...here, name: operatorNamespace, role: named("tenant"), to: account }),
      bindingText({ ...here, name: `${operatorNamespace}-charts-read`, role: named("charts-read"), to: account }),
    ],
  };
};

/** A role that is put together by label, and its first part. */
export const aggregated = (role: Pick<Role, "kind" | "name">, label: string, rights: readonly Right[]): readonly string[] => [
  aggregatedText(role.name, label),
  roleText({ ...role, name: `${role.name}-usual`, labels: { [label]: "true" }, rights }),
];
