import type { ChartArtifact } from "../../sources/source.ts";
import type { Failure } from "../attempts.ts";

/** What a chart's source has, as far as it was read. */
export type SourceView =
  /** Nobody wants to know. */
  | { readonly state: "unread" }
  /** It takes its time, and nothing that was read before counts; the object is looked at again when it is there. */
  | { readonly state: "reading" }
  /** `dependencies`: what was placed in its charts/. */
  | { readonly state: "ready"; readonly artifact: ChartArtifact; readonly dependencies: readonly ChartArtifact[] }
  /** A dependency does not exist; the sentence says what to create. `retryAtMs`: wall clock, milliseconds. */
  | { readonly state: "waiting"; readonly missing: string; readonly retryAtMs: number }
  | { readonly state: "failed"; readonly failure: Failure; readonly retryAtMs: number };
