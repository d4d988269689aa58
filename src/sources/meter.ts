import type { Clock } from "../base/time/clock.ts";
import type { ChartSource } from "./source.ts";
import { SourceError, type SourceReason } from "./errors.ts";

/** `Unknown`: an error that is none of a source's own. */
export type FetchResult = "success" | SourceReason | "Unknown";

/** Is told what the sources of one type do. */
export interface SourceMeter {
  /** A chart was had, or could not be. */
  readonly fetched: (result: FetchResult, durationMs: number) => void;
  /** So many bytes came over the network. */
  readonly received: (bytes: number) => void;
  /** A fetch did not have to transfer the content: it was here, or another fetch was at it. */
  readonly spared: () => void;
}

/** The same source, whose fetches are told. Those that nobody waits for any more are not. */
export const metered = (source: ChartSource, { meter, clock }: { readonly meter: SourceMeter; readonly clock: Clock }): ChartSource => ({
  fetch: async (spec, signal) => {
    const beganMs = clock.monotonic();
    const tell = (result: FetchResult): void => {
      if (!signal.aborted) meter.fetched(result, clock.monotonic() - beganMs);
    };
    try {
      const artifact = await source.fetch(spec, signal);
      tell("success");
      return artifact;
    } catch (error) {
      tell(error instanceof SourceError ? error.reason : "Unknown");
      throw error;
    }
  },
});
