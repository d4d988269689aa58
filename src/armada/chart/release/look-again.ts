import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseStore } from "../../../helm/release.ts";

const ATTEMPTS = 6;
const PAUSE_MS = 250;

export interface LookAgainDeps {
  readonly releases: Pick<ReleaseStore, "refresh">;
  /** Aborts when the operator stops. */
  readonly stop?: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Reads a record as helm has left it, for about ten seconds. Never rejects: how helm ended counts, and the watch tells the rest. */
export const lookAgain = async (release: ReleaseRef, { releases, sleep, stop = AbortSignal.any([]) }: LookAgainDeps): Promise<void> => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      await releases.refresh(release, stop);
      return;
    } catch {
      if (stop.aborted || attempt === ATTEMPTS) return;
      await sleep(PAUSE_MS * 2 ** (attempt - 1), stop).catch(() => undefined);
    }
  }
};
