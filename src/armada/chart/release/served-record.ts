import { messageOf } from "../../../base/errors.ts";
import { HelmError, type HelmResult, type ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseRecords, ReleaseStore } from "../../../helm/release.ts";
import type { ResourceCatalog } from "../../../runtime/api.ts";
import type { HelmVerb } from "../action.ts";

export interface ServedRecordDeps {
  readonly api: Pick<ResourceCatalog, "serving">;
  readonly releases: Pick<ReleaseStore, "refresh">;
  readonly records: Pick<ReleaseRecords, "adapt">;
}

/**
 * Runs helm, and once more when it stopped because what it deployed before holds a kind that is not served any more: the record is first
 * rewritten without it. helm has changed no object by then. What was left out is among the warnings.
 */
export const withServedRecord = async (
  release: ReleaseRef,
  verb: HelmVerb,
  run: () => Promise<HelmResult>,
  deps: ServedRecordDeps,
  signal: AbortSignal,
): Promise<HelmResult> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof HelmError) || error.reason !== "KindNotServed" || verb === "install") throw error;
    const changes = await adapted(release, verb, error, deps, signal);
    if (changes.length === 0) throw error;
    return withWarnings(changes, run);
  }
};

const adapted = async (
  release: ReleaseRef,
  verb: "upgrade" | "uninstall",
  error: HelmError,
  { api, releases, records }: ServedRecordDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  try {
    const record = await releases.refresh(release, signal);
    if (record === undefined) return [];
    return await records.adapt(record, { verb, serving: ({ apiVersion, kind }) => api.serving(apiVersion, kind, signal) }, signal);
  } catch (failure) {
    signal.throwIfAborted();
    throw new HelmError(`${error.message}; its record was not adapted: ${messageOf(failure)}`, error);
  }
};

/** Says beforehand what was done to a record for this run: nobody else tells, whether helm fails or not. */
export const withWarnings = async (changes: readonly string[], run: () => Promise<HelmResult>): Promise<HelmResult> => {
  try {
    const result = await run();
    return { ...result, warnings: [...changes, ...result.warnings] };
  } catch (error) {
    if (!(error instanceof HelmError)) throw error;
    throw new HelmError(error.message, { reason: error.reason, class: error.class, warnings: [...changes, ...error.warnings], cause: error.cause });
  }
};
