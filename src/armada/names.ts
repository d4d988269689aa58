import { API_GROUP } from "./api/common.ts";

/** Keeps an ArmadaChart until its release is gone. */
export const CHART_FINALIZER = `${API_GROUP}/uninstall-release`;
/** Keeps a parent until what it alone owns is gone. */
export const PARENT_FINALIZER = `${API_GROUP}/remove-members`;

/** What the original operator called its finalizers. */
export const LEGACY_FINALIZERS = ["uninstall-helm-release", "uninstall-acg", "uninstall-amf"] as const;

/** Name of the release, written before helm first runs; survives a restore without status. */
export const RELEASE_NAME = `${API_GROUP}/release-name`;
/** uid of the parent that enabled a parked member. */
export const ENABLED_BY = `${API_GROUP}/enabled-by`;
/** A person's request to act now; any new value counts. */
export const REQUESTED_AT = `${API_GROUP}/reconcile-requested-at`;
/** On an object of a release: `ignore` keeps the operator from putting it back. */
export const DRIFT = `${API_GROUP}/drift`;

/** Helm's own marks on every object of a release (not on hooks). */
export const HELM_MANAGED_BY = { label: "app.kubernetes.io/managed-by", value: "Helm" } as const;
export const HELM_RELEASE_NAME = "meta.helm.sh/release-name";
export const HELM_RELEASE_NAMESPACE = "meta.helm.sh/release-namespace";

/** Name suffix by which old estates mark library charts. */
export const LIBRARY_SUFFIX = "-htk";
