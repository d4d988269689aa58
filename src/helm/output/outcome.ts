import type { ChildLimits } from "../../base/process/launch.ts";
import type { ChildResult } from "../../base/process/process.ts";
import type { ServiceAccount } from "../../runtime/account.ts";
import type { HelmCommand } from "../argv.ts";
import { HelmError } from "../driver.ts";
import type { HelmReason, HelmResult } from "../driver.ts";
import { limitError } from "../process/limits.ts";
import { failureText, parseFailure, parseRevision } from "./parse.ts";
import type { Redact } from "./redact.ts";
import { parseWarnings, warningTexts } from "./warnings.ts";
import { isAboutRecord, isRefusedAtOnce } from "./wording.ts";

/** All that a child said and that may be shown. */
export const wordsOf = ({ stderr }: ChildResult): string => [failureText(stderr), ...warningTexts(stderr)].join("\n");

/** What a child that ended well has to say; undefined when it failed. An error when it claims success and names no revision. */
export const resultOf = (verb: HelmCommand["verb"], child: ChildResult, redact: Redact): HelmResult | HelmError | undefined => {
  if (child.exitCode !== 0) return undefined;
  const warnings = parseWarnings(child.stderr, redact);
  if (verb === "uninstall") return { warnings };
  const revision = parseRevision(child.stdout);
  if (revision !== undefined) return { revision, warnings };
  return new HelmError("helm exited without an error but printed no revision: check that --helm is a helm binary", {
    reason: "Unknown",
    class: "transient",
    warnings,
  });
};

/** What the child was given. */
export interface Given {
  /** helm's own. */
  readonly timeoutMs: number;
  /** Of the values as JSON. */
  readonly valuesBytes: number;
  readonly limits?: ChildLimits | undefined;
  /** With whose rights it asked; undefined: the operator's own. */
  readonly account?: ServiceAccount | undefined;
}

/** Why a child failed: who ended it comes before what it printed. */
export const failureOf = (child: ChildResult, redact: Redact, { timeoutMs, valuesBytes, limits, account }: Given): HelmError => {
  if (child.failedToStart !== undefined) return new HelmError(child.failedToStart, { reason: "Unknown", class: "transient" });
  const warnings = parseWarnings(child.stderr, redact);
  const transient = (reason: HelmReason, message: string): HelmError => new HelmError(message, { reason, class: "transient", warnings });
  if (child.aborted) return transient("Cancelled", `helm was interrupted${child.signal === "SIGKILL" ? " and had to be killed" : ""}`);
  if (child.timedOut) return transient("TimedOut", `helm did not exit within its timeout of ${Math.ceil(timeoutMs / 1000)} s and was stopped`);
  const overLimit = limits === undefined ? undefined : limitError(child, limits);
  if (overLimit !== undefined) return overLimit;
  if (child.signal !== undefined) return transient("Cancelled", `helm was terminated by ${child.signal} from outside`);
  const failure = parseFailure(child.stderr, redact);
  const size = failure.reason === "TooLarge" ? sizeNote(failure.message, valuesBytes) : "";
  const message = account !== undefined && isRefusedAtOnce(failure.message) ? refusalOf(account) : `${size}${failure.message}`;
  return new HelmError(message, { reason: failure.reason, class: failure.class, warnings });
};

const refusalOf = ({ namespace, name }: ServiceAccount): string =>
  `the operator may not act as ServiceAccount "${name}" in namespace "${namespace}": grant it the right to impersonate it, or name another account in spec.service_account`;

const sizeNote = (message: string, valuesBytes: number): string =>
  isAboutRecord(message)
    ? `the release does not fit into one Secret, which holds values, chart and manifest compressed; the values are ${String(valuesBytes)} bytes of JSON: `
    : "an object is larger than the API server accepts (about 1.5 MB): ";
