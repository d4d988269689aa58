import { HelmError } from "../../helm/driver.ts";
import type { ServiceAccount } from "../../runtime/account.ts";
import { ApiError, isApiError } from "../../runtime/api.ts";

/**
 * What grants the rights that a message of the API server says are missing, as a clause; undefined when it says nothing of the kind. `account`: as
 * whom it was asked; undefined: as the operator itself.
 */
export type GrantOf = (message: string, account?: ServiceAccount) => string | undefined;

/** The error, with what grants the right over which it failed. */
export const withGrant = (error: unknown, grantOf: GrantOf, account: ServiceAccount | undefined): unknown => {
  if (!(error instanceof HelmError && error.reason === "Forbidden") && !isApiError(error, 403)) return error;
  const grant = grantOf(error.message, account);
  if (grant === undefined) return error;
  const message = `${error.message}; ${grant}`;
  return error instanceof HelmError ? new HelmError(message, error) : new ApiError(message, error);
};
