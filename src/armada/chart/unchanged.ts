import { deepEqual } from "../../base/json/json.ts";
import type { ReleaseStatus, ReleaseStore, Revision } from "../../helm/release.ts";
import { ApiError } from "../../runtime/api.ts";
import type { ChartObserved } from "./observed.ts";

/** A release as it was looked at. */
export type Looked = Pick<ChartObserved, "release" | "record" | "mislabelled">;

/** Neither helm nor any other effect may start on what the watch has not told yet: by a fresh read. Rejects with {@link ApiError} 409. */
export const mustBeUnchanged = async (
  { release, record, mislabelled }: Looked,
  { releases }: { readonly releases: Pick<ReleaseStore, "refresh"> },
  signal: AbortSignal,
): Promise<void> => {
  const now = await releases.refresh(release, signal);
  if (!deepEqual(gistOf(record?.newest, mislabelled?.label), gistOf(now?.newest))) {
    throw new ApiError(`release ${release.name} has changed since it was read`, { status: 409, reason: "Conflict" });
  }
};

/** `label`: what the label of the newest Secret says, if not what the release inside does. */
const gistOf = (newest: Revision | undefined, label?: ReleaseStatus): readonly unknown[] =>
  newest === undefined ? [] : [newest.secret.uid, label ?? newest.status, newest.labels?.owner];
