import type { EventFact } from "../runtime/reconcile/kind.ts";
import type { Reason } from "./verdict.ts";

/** Reasons of events that tell of an effect, beside those of transitions, which are status reasons. Each has its line in docs/reference.md. */
export const EFFECT_REASONS = [
  // charts
  "Installed",
  "Upgraded",
  "Uninstalled",
  "Unlocked",
  "Restored",
  "Pruned",
  "ReleaseGone",
  "ForeignRevision",
  "LabelCorrected",
  "APIServerWarning",
  "ReleaseTaken",
  "ReleaseReturned",
  "SourceStale",
  "SourceRecovered",
  // parents
  "Adopted",
  "Promoted",
  "Disowned",
  "Enabled",
  "HandedDown",
  "Removed",
  "NamesakeIgnored",
] as const;

export type EffectReason = (typeof EFFECT_REASONS)[number];

/** An event of this operator: a reason that is not documented does not compile. */
export interface ArmadaEvent extends EventFact {
  readonly reason: EffectReason | Reason;
}
