import { deepEqual } from "../../base/json/json.ts";
import type { ReleaseRef } from "../../helm/driver.ts";
import type { ServiceAccount } from "../../runtime/account.ts";
import { keyOf, type KubeObject, type Resource } from "../../runtime/object.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { CHART_NAMESPACES } from "../names.ts";

export const SERVICE_ACCOUNTS: Resource = { group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", namespaced: true };

/** As whom a release is written. */
export interface ReleaseAccount extends ServiceAccount {
  /** No watch has told of it. */
  readonly missing: boolean;
  /** Namespace of a chart that it does not admit. */
  readonly closedTo: string | undefined;
}

export interface AccountRules {
  /** Of charts that name none; undefined: everything is done with the operator's own rights. */
  readonly defaultServiceAccount: string | undefined;
  /** As a watch has told of it. */
  readonly find: (account: ServiceAccount) => KubeObject | undefined;
}

/** Undefined: as the operator itself. Where accounts are used there is always one, whether it exists or not. */
export const accountOf = (
  { spec, metadata }: Pick<ArmadaChart, "spec" | "metadata">,
  { namespace }: ReleaseRef,
  { defaultServiceAccount, find }: AccountRules,
): ReleaseAccount | undefined => {
  if (defaultServiceAccount === undefined) return undefined;
  const account = { namespace, name: spec.service_account ?? defaultServiceAccount };
  const found = find(account);
  const { namespace: from = "" } = metadata;
  const admits = from === namespace || (found !== undefined && admitted(found).includes(from));
  return { ...account, missing: found === undefined, closedTo: admits ? undefined : from };
};

const admitted = ({ metadata }: KubeObject): readonly string[] =>
  (metadata.annotations?.[CHART_NAMESPACES] ?? "").split(",").map((name) => name.trim());

/** Whether its charts may be deployed otherwise because of this. */
export const changesAdmission = (before: KubeObject, now: KubeObject): boolean => !deepEqual(admitted(before), admitted(now));

/** One sentence why nothing is done for a chart with the rights of an account of another namespace; undefined when it may be. */
export const closedAccount = (account: ReleaseAccount | undefined): string | undefined => {
  if (account?.closedTo === undefined) return undefined;
  const { namespace, name, missing, closedTo } = account;
  return `ServiceAccount "${name}" in namespace "${namespace}" ${missing ? "does not exist, and must admit" : "does not admit"} ArmadaCharts of namespace "${closedTo}": annotate it with ${CHART_NAMESPACES}=${closedTo}, or create the ArmadaChart in "${namespace}"`;
};

/** Keys of the charts that may have waited for an account, or do without it from now on. */
export const chartsOfAccount = ({ metadata }: KubeObject, charts: readonly ArmadaChart[], defaultServiceAccount: string): readonly string[] =>
  charts
    .filter(({ spec, metadata: { namespace } }) => (spec.namespace || namespace) === metadata.namespace)
    .filter(({ spec }) => (spec.service_account ?? defaultServiceAccount) === metadata.name)
    .map(keyOf);
