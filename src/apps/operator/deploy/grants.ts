import type { GrantOf } from "../../../armada/chart/grants.ts";
import { userOf, type ServiceAccount } from "../../../runtime/account.ts";
import { missingRights, type MissingRight } from "../../../runtime/missing-rights.ts";
import { CHART_RIGHTS, CHARTS_LABEL, CLUSTER_KINDS_RIGHTS, ESCALATION_RIGHTS, OWN_RIGHTS, SERVICE_ACCOUNT_RIGHTS, type Right } from "./rights.ts";

const CLUSTER_WIDE: readonly Right[] = [...Object.values(OWN_RIGHTS).flat(), ...CHART_RIGHTS];
const IN_NAMESPACES: readonly Right[] = [...OWN_RIGHTS.lease, ...OWN_RIGHTS.watched, ...CHART_RIGHTS];

/** What is applied to grant rights, the least first. */
const filesFor = (watchNamespaces: readonly string[]): readonly (readonly [file: string, rights: readonly Right[]])[] => [
  ...(watchNamespaces.length === 0
    ? ([["deploy/rbac.yaml", CLUSTER_WIDE]] as const)
    : ([
        ["deploy/namespaced", IN_NAMESPACES],
        ["deploy/optional/without-namespace.yaml", OWN_RIGHTS.cluster],
      ] as const)),
  ["deploy/optional/cluster-kinds.yaml", CLUSTER_KINDS_RIGHTS],
  ["deploy/optional/service-accounts.yaml", SERVICE_ACCOUNT_RIGHTS],
  ["deploy/optional/escalate.yaml", ESCALATION_RIGHTS],
];

/** Names the file of `deploy/` that grants what is missing. What none grants, and what an account of a chart lacks, is for a role of somebody's own. */
export const grantsFor = ({ watchNamespaces }: { readonly watchNamespaces: readonly string[] }): GrantOf => {
  const files = filesFor(watchNamespaces);
  const own = watchNamespaces.length === 0 ? `a ClusterRole with the label ${CHARTS_LABEL}: "true"` : "a Role in the namespace";
  return (message, account) => {
    const rights = missingRights(message);
    if (rights.length === 0) return undefined;
    const givers = rights.map(
      (right) => roleOf(account, right) ?? files.find(([, granted]) => granted.some((one) => grants(one, right)))?.[0] ?? own,
    );
    const once = [...new Set(givers)];
    return `${once.join(" and ")} ${once.length === 1 ? "grants" : "grant"} ${rights.length === 1 ? "it" : "them"}`;
  };
};

const roleOf = (account: ServiceAccount | undefined, { user }: MissingRight): string | undefined =>
  account === undefined || user !== userOf(account) ? undefined : `a Role for ServiceAccount ${account.name} in namespace ${account.namespace}`;

const grants = ({ group, resources, verbs, names }: Right, right: MissingRight): boolean =>
  group === right.group &&
  resources.includes(right.resource) &&
  verbs.some((verb) => verb === right.verb) &&
  (names === undefined || (right.name !== undefined && names.includes(right.name)));
