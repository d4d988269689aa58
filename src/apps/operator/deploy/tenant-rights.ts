import { SERVICE_ACCOUNTS } from "../../../armada/chart/account.ts";
import { NAMESPACES } from "../../../armada/chart/objects/release-objects.ts";
import { secretResource } from "../../../helm/record/store.ts";
import { CHART_RIGHTS, OWN_RIGHTS, READ, type Right } from "./rights.ts";

/** Name of the ServiceAccount of each tenant's namespace, with whose rights charts are deployed. */
export const DEPLOYER = "deployer";

/** A ClusterRole that carries this label with the value `"true"` says which kinds of charts the operator may read where it may not write them. */
export const READS_LABEL = "armada.airshipit.org/aggregate-to-charts-read";

/** As one team's, without what is for Secrets that helm makes: the account makes those. */
const recordRight = (right: Right): Right => ({
  ...right,
  verbs: right.verbs.filter((verb) => verb !== "create"),
  why: "release records: the operator watches their metadata, labels, unlocks and deletes them; credentials and keys of sources",
});

const CONFIG_MAPS = { plural: "configmaps" };

const isOf = ({ group, resources }: Right, { plural }: { readonly plural: string }): boolean => group === "" && resources.join() === plural;

/** The operator's own rights in a tenant's namespace. No ConfigMaps: parents have no members in other namespaces, and need no sentinel. */
export const TENANT_RIGHTS: readonly Right[] = [
  ...OWN_RIGHTS.watched.filter((right) => !isOf(right, CONFIG_MAPS)).map((right) => (isOf(right, secretResource) ? recordRight(right) : right)),
  { group: "", resources: [SERVICE_ACCOUNTS.plural], verbs: ["list", "watch"], why: "tell whether the account of a chart exists" },
  {
    group: "",
    resources: [SERVICE_ACCOUNTS.plural],
    names: [DEPLOYER],
    verbs: ["impersonate"],
    why: "deploy charts with the rights of this account, and of no other of the namespace",
  },
];

/** What charts usually contain, for the operator to see whether it is there, ready and as helm left it. */
export const CHART_READ_RIGHTS: readonly Right[] = CHART_RIGHTS.filter(({ verbs }) => verbs.includes("watch")).map((right) => ({
  ...right,
  verbs: READ,
}));

/** As one team's, but nobody makes namespaces. */
export const TENANTS_CLUSTER_RIGHTS: readonly Right[] = OWN_RIGHTS.cluster.filter((right) => !isOf(right, NAMESPACES));
