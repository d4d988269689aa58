import type { ReleaseRef } from "../../helm/driver.ts";
import type { ServiceAccount } from "../../runtime/account.ts";
import { keyOf, type KubeObject, type Resource } from "../../runtime/object.ts";
import type { ArmadaChart } from "../api/chart.ts";

export const SERVICE_ACCOUNTS: Resource = { group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", namespaced: true };

/** As whom a release is written. */
export interface ReleaseAccount extends ServiceAccount {
  /** No watch has told of it. */
  readonly missing: boolean;
}

export interface AccountRules {
  /** Of charts that name none; undefined: everything is done with the operator's own rights. */
  readonly defaultServiceAccount: string | undefined;
  readonly exists: (account: ServiceAccount) => boolean;
}

/** Undefined: as the operator itself. Where accounts are used there is always one, whether it exists or not. */
export const accountOf = (
  { spec }: Pick<ArmadaChart, "spec">,
  { namespace }: ReleaseRef,
  { defaultServiceAccount, exists }: AccountRules,
): ReleaseAccount | undefined => {
  if (defaultServiceAccount === undefined) return undefined;
  const account = { namespace, name: spec.service_account ?? defaultServiceAccount };
  return { ...account, missing: !exists(account) };
};

/** Keys of the charts that may have waited for an account, or do without it from now on. */
export const chartsOfAccount = ({ metadata }: KubeObject, charts: readonly ArmadaChart[], defaultServiceAccount: string): readonly string[] =>
  charts
    .filter(({ spec, metadata: { namespace } }) => (spec.namespace || namespace) === metadata.namespace)
    .filter(({ spec }) => (spec.service_account ?? defaultServiceAccount) === metadata.name)
    .map(keyOf);
