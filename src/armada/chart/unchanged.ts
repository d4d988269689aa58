import type { ReleaseStore } from "../../helm/release.ts";
import { ApiError } from "../../runtime/api.ts";
import type { ChartObserved } from "./observed.ts";

/** Neither helm nor any other effect may start on what the watch has not told yet: by a fresh read. Rejects with {@link ApiError} 409. */
export const mustBeUnchanged = async (
  observed: Pick<ChartObserved, "release" | "record" | "mislabelled">,
  { releases }: { readonly releases: Pick<ReleaseStore, "refresh"> },
  signal: AbortSignal,
): Promise<void> => {
  const record = await releases.refresh(observed.release, signal);
  const before = observed.record?.newest;
  const now = record?.newest;
  const label = observed.mislabelled?.label ?? before?.status;
  if (before?.secret.uid !== now?.secret.uid || label !== now?.status || before?.labels?.owner !== now?.labels?.owner) {
    throw new ApiError(`release ${observed.release.name} has changed since it was looked at`, { status: 409, reason: "Conflict" });
  }
};
