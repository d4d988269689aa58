import { API_GROUP } from "./api/common.ts";

/** Keeps an ArmadaChart until its release is gone. */
export const CHART_FINALIZER = `${API_GROUP}/uninstall-release`;
/** Keeps a parent until what it alone owns is gone. */
export const PARENT_FINALIZER = `${API_GROUP}/remove-members`;

/** Who reports, in every Event. */
export const REPORTING_CONTROLLER = `${API_GROUP}/armada-operator`;

/** What the original operator called its finalizers. */
export const LEGACY_FINALIZERS = ["uninstall-helm-release", "uninstall-acg", "uninstall-amf"] as const;

/** Name of the release, written before helm first runs; survives a restore without status. */
export const RELEASE_NAME = `${API_GROUP}/release-name`;
/** Prefix for release names: on a group from the manifest that enabled it, on a chart from the group that enabled it. */
export const RELEASE_PREFIX = `${API_GROUP}/release-prefix`;
/** uid of the parent that enabled a parked member. */
export const ENABLED_BY = `${API_GROUP}/enabled-by`;
/** uid of the parent whose `uninstalled` was handed down. */
export const UNINSTALLED_BY = `${API_GROUP}/uninstalled-by`;
/** Label of a member, followed by the uid of a parent in another namespace: `controller` or `owner`. */
export const OWNER_LABEL = `owner.${API_GROUP}/`;
/** Name, followed by its uid, of the ConfigMap that tells a parent with members in other namespaces how it is being deleted. */
export const SENTINEL = "armada-sentinel-";
/** A person's request to act now; any new value counts. */
export const REQUESTED_AT = `${API_GROUP}/reconcile-requested-at`;
/** On a ServiceAccount: the other namespaces whose ArmadaCharts may be deployed with its rights. */
export const CHART_NAMESPACES = `${API_GROUP}/chart-namespaces`;
/** On a Secret: the servers to which a source may send it. */
export const SECRET_HOSTS = `${API_GROUP}/hosts`;
/** On an object of a release: `ignore` keeps the operator from putting it back. */
export const DRIFT = `${API_GROUP}/drift`;

/** On the operator's Lease: the lease hold of its last holder. */
const LEASE_EPOCH = `${API_GROUP}/epoch`;
/** On the operator's Lease: the namespaces that its holder watches. */
export const WATCHED_NAMESPACES = `${API_GROUP}/watched-namespaces`;
/** Label of Leases: how many shards the operators go by that hold them. */
export const SHARDS_LABEL = `${API_GROUP}/shards`;
/** Label of a replica's Lease: it takes no more shards. */
export const LEAVING_LABEL = `${API_GROUP}/leaving`;
export const LEASE_ANNOTATIONS = { epoch: LEASE_EPOCH, watched: WATCHED_NAMESPACES };

/** Helm's own marks on every object of a release (not on hooks). */
export const HELM_MANAGED_BY = { label: "app.kubernetes.io/managed-by", value: "Helm" } as const;
export const HELM_RELEASE_NAME = "meta.helm.sh/release-name";
export const HELM_RELEASE_NAMESPACE = "meta.helm.sh/release-namespace";

/** Name suffix by which old estates mark library charts. */
export const LIBRARY_SUFFIX = "-htk";
