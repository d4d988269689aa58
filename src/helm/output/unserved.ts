/** Versions of built-in APIs that Kubernetes has removed → the one that replaced them. By https://kubernetes.io/docs/reference/using-api/deprecation-guide/. */
const REPLACED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "networking.k8s.io/v1": { "extensions/v1beta1": "Ingress NetworkPolicy", "networking.k8s.io/v1beta1": "Ingress IngressClass" },
  "apps/v1": {
    "extensions/v1beta1": "DaemonSet Deployment ReplicaSet",
    "apps/v1beta1": "Deployment StatefulSet ReplicaSet",
    "apps/v1beta2": "DaemonSet Deployment ReplicaSet StatefulSet",
  },
  "batch/v1": { "batch/v1beta1": "CronJob", "batch/v2alpha1": "CronJob" },
  "policy/v1": { "policy/v1beta1": "PodDisruptionBudget" },
  "autoscaling/v2": { "autoscaling/v2beta1": "HorizontalPodAutoscaler", "autoscaling/v2beta2": "HorizontalPodAutoscaler" },
  "rbac.authorization.k8s.io/v1": {
    "rbac.authorization.k8s.io/v1alpha1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "rbac.authorization.k8s.io/v1beta1": "ClusterRole ClusterRoleBinding Role RoleBinding",
  },
  "admissionregistration.k8s.io/v1": {
    "admissionregistration.k8s.io/v1alpha1": "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/v1beta1":
      "MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
  },
  "apiextensions.k8s.io/v1": { "apiextensions.k8s.io/v1beta1": "CustomResourceDefinition" },
  "apiregistration.k8s.io/v1": { "apiregistration.k8s.io/v1beta1": "APIService" },
  "certificates.k8s.io/v1": { "certificates.k8s.io/v1beta1": "CertificateSigningRequest" },
  "coordination.k8s.io/v1": { "coordination.k8s.io/v1beta1": "Lease" },
  "discovery.k8s.io/v1": { "discovery.k8s.io/v1beta1": "EndpointSlice" },
  "events.k8s.io/v1": { "events.k8s.io/v1beta1": "Event" },
  "flowcontrol.apiserver.k8s.io/v1": Object.fromEntries(
    ["v1alpha1", "v1beta1", "v1beta2", "v1beta3"].map((version) => [
      `flowcontrol.apiserver.k8s.io/${version}`,
      "FlowSchema PriorityLevelConfiguration",
    ]),
  ),
  "node.k8s.io/v1": { "node.k8s.io/v1alpha1": "RuntimeClass", "node.k8s.io/v1beta1": "RuntimeClass" },
  "scheduling.k8s.io/v1": { "scheduling.k8s.io/v1alpha1": "PriorityClass", "scheduling.k8s.io/v1beta1": "PriorityClass" },
  "storage.k8s.io/v1": {
    "storage.k8s.io/v1alpha1": "VolumeAttachment",
    "storage.k8s.io/v1beta1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment",
  },
};

const REMOVED = "PodSecurityPolicy";

const MISSING =
  /(?:resource mapping not found for name: "[^"]{0,253}" namespace: "[^"]{0,253}" from "": )?no matches for kind "([^"]{1,253})" in version "([^"]{1,253})"(?:\s{1,3}ensure CRDs are installed first)?/g;
/** helm has not written anything yet. */
const BEFORE_IT_BEGAN = /^unable to build kubernetes objects from (?:new )?release manifest: /;
/** More are counted. */
const KINDS_SHOWN = 8;

/** helm's list of objects whose kind is not served, one a line, as one sentence with what to write instead; undefined when that is not what is wrong. */
export const unservedSentence = (text: string): string | undefined => {
  if (!BEFORE_IT_BEGAN.test(text) || isAboutMore(text)) return undefined;
  const kinds = Map.groupBy(
    [...text.matchAll(MISSING)].map(([, kind = "", version = ""]) => ({ kind, version })),
    ({ kind, version }) => `${kind} of ${version}`,
  );
  if (kinds.size === 0) return undefined;
  const shown = [...kinds.values()].slice(0, KINDS_SHOWN).flatMap((same) => (same[0] === undefined ? [] : [phrase(same[0], same.length)]));
  const left = kinds.size - KINDS_SHOWN;
  const more = left > 0 ? `; and ${String(left)} more ${left === 1 ? "kind" : "kinds"}` : "";
  return `the chart has objects whose API version this cluster does not serve: ${shown.join("; ")}${more}`;
};

/** Anything else in helm's list. */
const isAboutMore = (text: string): boolean => !/^[[\],\s]*$/.test(text.replace(BEFORE_IT_BEGAN, "").replace(MISSING, ""));

interface Missing {
  readonly kind: string;
  readonly version: string;
}

const phrase = (missing: Missing, count: number): string => `${String(count)} ${missing.kind} of ${missing.version} (${remedy(missing)})`;

const remedy = (missing: Missing): string => {
  const instead = replacementOf(missing);
  if (instead !== undefined) return `removed from Kubernetes: use ${instead}`;
  if (missing.kind === REMOVED) return "removed from Kubernetes: use Pod Security Admission, and leave it out of the chart";
  return "install its CustomResourceDefinition first, or leave it out of the chart";
};

const replacementOf = ({ kind, version }: Missing): string | undefined =>
  Object.entries(REPLACED).find(([, removed]) => removed[version]?.split(" ").includes(kind) === true)?.[0];
