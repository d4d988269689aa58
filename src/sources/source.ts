import type { ErrorClass } from "../base/errors.ts";

/** Where a chart comes from: the `source` block of an ArmadaChart, as far as fetching needs it. */
export interface SourceSpec {
  readonly type: string;
  readonly location: string;
  /** Path of the chart inside the source; `.` by default. */
  readonly subpath: string;
}

/** A chart on disk, complete and immutable: a folder of the content-addressed cache. */
export interface ChartArtifact {
  /** Folder to hand to helm. */
  readonly path: string;
  /** Digest of sorted paths and bytes after `.helmignore`: `sha256.<40 hex digits>`. */
  readonly digest: string;
  /** From Chart.yaml. */
  readonly name: string;
  readonly version: string;
  /** Chart.yaml says `type: library`. */
  readonly library: boolean;
}

export type SourceReason = "NotFound" | "NotAllowed" | "Unsupported" | "InvalidChart" | "TooLarge" | "Unreadable";

/** A chart cannot be had. `message` names the field, the value and the remedy. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly reason: SourceReason;
  readonly class: ErrorClass;

  constructor(message: string, options: { reason: SourceReason; class: ErrorClass; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.class = options.class;
  }
}

/** One kind of source. Rejects with {@link SourceError}. */
export interface ChartSource {
  /** Reads the chart as it is now and returns its immutable copy. Calls for one content share one read. */
  fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact>;
}
