import { verdict, type Row } from "./context.ts";

/** Nothing is done for a release with other rights than those of its account. */
export const accountless: Row = (context) => {
  const { account, release } = context.observed;
  if (account?.missing !== true) return undefined;
  const message = `ServiceAccount "${account.name}" does not exist in namespace "${account.namespace}", and release ${release.name} is deployed with its rights: create it, or name another in spec.service_account`;
  return {
    verdict: verdict(context, {
      state: "pending",
      reason: "ServiceAccountNotFound",
      message,
      waiting: {
        what: `for ServiceAccount "${account.name}" in namespace "${account.namespace}"`,
        next: "then the release is deployed with its rights",
      },
    }),
    actions: [],
  };
};
