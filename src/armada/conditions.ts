/** As kstatus and `kubectl wait` know them; on every object. */
export const STANDARD_CONDITIONS = ["Ready", "Reconciling", "Stalled"] as const;

/** Those of the original Armada operator; each appears when it first becomes true. */
export const LEGACY_CONDITIONS = ["Irreconcilable", "Pending", "Initializing", "Error", "Running", "Deployed", "Failed"] as const;

/** Present only while true, each with its one reason. */
export const EXTRA_CONDITIONS = [
  { type: "SourceStale", reason: "SourceError" },
  { type: "FieldsIgnored", reason: "InertFields" },
  { type: "Warnings", reason: "APIServerWarnings" },
  { type: "NamesakeIgnored", reason: "LaterNamesake" },
] as const;

export type StandardCondition = (typeof STANDARD_CONDITIONS)[number];
export type LegacyCondition = (typeof LEGACY_CONDITIONS)[number];
export type ExtraCondition = (typeof EXTRA_CONDITIONS)[number]["type"];
