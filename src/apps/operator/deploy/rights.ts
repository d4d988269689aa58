import { CHARTS } from "../../../armada/api/chart.ts";
import { GROUPS } from "../../../armada/api/group.ts";
import { MANIFESTS } from "../../../armada/api/manifest.ts";
import { DEFAULT_SECRET } from "../../../armada/chart/chart-source/credentials.ts";
import { PODS } from "../../../armada/chart/objects/release-pods.ts";
import { secretResource } from "../../../helm/record/store.ts";
import { ACCESS_REVIEWS, TOKEN_REVIEWS } from "../../../runtime/access.ts";
import { EVENTS } from "../../../runtime/events/event.ts";
import { LEASES } from "../../../runtime/leaderelection/lease-record.ts";

export type Verb = "bind" | "create" | "delete" | "escalate" | "get" | "impersonate" | "list" | "patch" | "update" | "watch";

/** One rule of RBAC, and why the operator cannot do without it. */
export interface Right {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly Verb[];
  /** Only the objects of these names. */
  readonly names?: readonly string[];
  readonly why: string;
}

/** Where a right is needed: beside the Lease, in every watched namespace, or for objects that have no namespace. */
export type Place = "lease" | "watched" | "cluster";

/** Name of the Lease, and of everything in `deploy/`: namespace, account, roles. */
export const OPERATOR = "armada-operator";

/** A ClusterRole that carries this label with the value `"true"` says what charts may contain. */
export const CHARTS_LABEL = "armada.airshipit.org/aggregate-to-charts";

export const READ: readonly Verb[] = ["get", "list", "watch"];
const READ_AND_WRITE: readonly Verb[] = [...READ, "create", "update", "patch", "delete"];
const own = { group: CHARTS.group } as const;

/** Without it nothing is removed: no deletion can be told from one of the kind itself. Everybody who may make the definitions may grant it. */
export const DEFINITIONS_RIGHT: Right = {
  group: "apiextensions.k8s.io",
  resources: ["customresourcedefinitions"],
  names: [CHARTS, GROUPS, MANIFESTS].map(({ plural, group }) => `${plural}.${group}`),
  verbs: ["get"],
  why: "tell whether an object is deleted because its CustomResourceDefinition is: then its release is kept",
};

/** Where an operator would watch the same namespaces, it waits. */
export const LEASES_RIGHT: Right = {
  group: LEASES.group,
  resources: [LEASES.plural],
  names: [OPERATOR],
  verbs: ["get", "list"],
  why: "find other operators of the same namespaces, and tell whether they are still running",
};

/** The operator's own rights, whatever charts contain. */
export const OWN_RIGHTS: Readonly<Record<Place, readonly Right[]>> = {
  lease: [
    {
      group: LEASES.group,
      resources: [LEASES.plural],
      names: [OPERATOR],
      verbs: ["get", "update"],
      why: "hold the Lease, so that one operator works at a time",
    },
    { group: LEASES.group, resources: [LEASES.plural], verbs: ["create"], why: "create the Lease; create cannot be restricted to a name" },
    {
      group: LEASES.group,
      resources: [LEASES.plural],
      verbs: ["list", "watch"],
      why: "notice at once when the Lease is released; tell whether replicas share the objects by shards",
    },
    {
      group: secretResource.group,
      resources: [secretResource.plural],
      names: [DEFAULT_SECRET],
      verbs: ["get"],
      why: "registry credentials for every chart that sets none of its own",
    },
  ],
  watched: [
    { ...own, resources: [CHARTS.plural, GROUPS.plural], verbs: [...READ, "patch", "delete"], why: "watch them; enable, own and remove members" },
    { ...own, resources: [MANIFESTS.plural], verbs: [...READ, "patch"], why: "watch them; set finalizers" },
    { ...own, resources: [CHARTS, GROUPS, MANIFESTS].map(({ plural }) => `${plural}/status`), verbs: ["patch"], why: "write status" },
    {
      ...own,
      resources: [GROUPS, MANIFESTS].map(({ plural }) => `${plural}/finalizers`),
      verbs: ["update"],
      why: "set owner references where the API server enables OwnerReferencesPermissionEnforcement",
    },
    {
      group: secretResource.group,
      resources: [secretResource.plural],
      verbs: READ_AND_WRITE,
      why: "release records: helm writes them, the operator watches their metadata, labels, unlocks and deletes them; credentials and keys of sources",
    },
    {
      group: PODS.group,
      resources: [PODS.plural],
      verbs: ["list", "watch"],
      why: "tell whether workloads are ready, and whether their pods are deleted",
    },
    {
      group: "",
      resources: ["configmaps"],
      verbs: ["get", "create", "patch", "delete"],
      why: "one sentinel per parent, to detect deletion with --cascade=orphan",
    },
    { group: "", resources: ["namespaces"], verbs: ["get"], why: "tell whether the namespace of a release is terminating" },
    {
      group: EVENTS.group,
      resources: [EVENTS.plural],
      verbs: ["create", "list", "patch"],
      why: "record events and count repeats; find out who deletes objects that were put back",
    },
  ],
  cluster: [
    { group: "", resources: ["namespaces"], verbs: ["create"], why: "create the namespace of a release where it does not exist" },
    LEASES_RIGHT,
    {
      group: "storage.k8s.io",
      resources: ["storageclasses"],
      verbs: ["list", "watch"],
      why: "tell whether a claim binds immediately or waits for its first consumer",
    },
    {
      group: TOKEN_REVIEWS.group,
      resources: [TOKEN_REVIEWS.plural],
      verbs: ["create"],
      why: "tell who asks for /metrics",
    },
    {
      group: ACCESS_REVIEWS.group,
      resources: [ACCESS_REVIEWS.plural],
      verbs: ["create"],
      why: "tell whether whoever asks for /metrics may have it",
    },
    DEFINITIONS_RIGHT,
  ],
};

const charts = (group: string, resources: readonly string[], why: string): Right => ({ group, resources, verbs: READ_AND_WRITE, why });

/** What charts usually contain: helm writes it; the operator watches it, puts it back and removes leftovers. */
export const CHART_RIGHTS: readonly Right[] = [
  charts(
    "",
    ["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "secrets", "serviceaccounts", "services"],
    "configuration, storage, services, pods without a controller, and test pods",
  ),
  { group: "", resources: ["pods/log"], verbs: ["get"], why: "logs of hooks that helm is told to print" },
  charts("apps", ["daemonsets", "deployments", "replicasets", "statefulsets"], "workloads"),
  charts("batch", ["cronjobs", "jobs"], "jobs, and hooks"),
  charts("autoscaling", ["horizontalpodautoscalers"], "autoscalers"),
  charts("networking.k8s.io", ["ingresses", "networkpolicies"], "ingresses and network policies"),
  charts("policy", ["poddisruptionbudgets"], "disruption budgets"),
  charts("rbac.authorization.k8s.io", ["rolebindings", "roles"], "roles of workloads; the API server lets nobody grant more than they have"),
];

/** Kinds without a namespace. Off by default: whoever writes charts could change the whole cluster. */
export const CLUSTER_KINDS_RIGHTS: readonly Right[] = [
  charts("", ["namespaces", "persistentvolumes"], "namespaces and volumes"),
  charts("admissionregistration.k8s.io", ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"], "webhooks"),
  charts("apiextensions.k8s.io", ["customresourcedefinitions"], "definitions; the objects they define need an additional role"),
  charts("apiregistration.k8s.io", ["apiservices"], "aggregated API servers"),
  charts("networking.k8s.io", ["ingressclasses"], "ingress classes"),
  charts("rbac.authorization.k8s.io", ["clusterrolebindings", "clusterroles"], "roles of controllers, with at most the rights of the operator"),
  charts("scheduling.k8s.io", ["priorityclasses"], "priorities"),
  charts("storage.k8s.io", ["csidrivers", "storageclasses"], "storage"),
];

/** In namespaces whose charts are deployed with the rights of their own accounts. */
export const SERVICE_ACCOUNT_RIGHTS: readonly Right[] = [
  {
    group: "",
    resources: ["serviceaccounts"],
    verbs: ["impersonate", "list", "watch"],
    why: "deploy charts with the rights of a ServiceAccount of the namespace, and tell whether it exists",
  },
];

/** Off by default: with it, whoever writes charts is administrator of the cluster. */
export const ESCALATION_RIGHTS: readonly Right[] = [
  {
    group: "rbac.authorization.k8s.io",
    resources: ["clusterroles", "roles"],
    verbs: ["bind", "escalate"],
    why: "charts that grant rights the operator does not have itself",
  },
];

/** In the operator's namespace. Names of replicas are not known beforehand. */
export const SHARDS_RIGHTS: readonly Right[] = [
  {
    group: LEASES.group,
    resources: [LEASES.plural],
    verbs: ["get", "update", "delete"],
    why: "hold a Lease of each replica, and one of each shard",
  },
];

/** For people, to be added to `view` and `edit` of Kubernetes. Off by default: without impersonation a chart has the operator's rights. */
export const VIEWER_RIGHTS: readonly Right[] = [
  { ...own, resources: [CHARTS, GROUPS, MANIFESTS].map(({ plural }) => plural), verbs: READ, why: "see objects and their status" },
];
export const EDITOR_RIGHTS: readonly Right[] = [
  {
    ...own,
    resources: [CHARTS, GROUPS, MANIFESTS].map(({ plural }) => plural),
    verbs: READ_AND_WRITE,
    why: "create, change and delete objects, and with them releases",
  },
];
