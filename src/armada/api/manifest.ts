import { z } from "zod";
import { progressField, resourceOf, statusFields } from "./common.ts";
import type { ArmadaObject, ReadonlyDeep } from "./common.ts";
import { NAME_MAX, flag, integer, names, text } from "./fields.ts";
import { parentTargetState } from "./parent.ts";

export const MANIFESTS = resourceOf("ArmadaManifest", "armadamanifests");

export const manifestSpec = z.object({
  chart_groups: names("Names of the manifest's ArmadaChartGroups; each is ready before the next begins.", "ArmadaChartGroup"),
  release_prefix: text("Prefix for the release names of charts that this manifest enables.", NAME_MAX).optional(),
  target_state: parentTargetState.optional(),
  suspend: flag("Stop acting on this manifest's members until it is false again; deletion is not held up.").optional(),
  revisionHistoryLimit: integer("Legacy field.", { format: "int32" }).optional(),
});

export const manifestStatus = z.object({ ...statusFields, progress: progressField });

export type ArmadaManifestSpec = ReadonlyDeep<z.infer<typeof manifestSpec>>;
export type ArmadaManifestStatus = ReadonlyDeep<z.infer<typeof manifestStatus>>;
export type ArmadaManifest = ArmadaObject<ArmadaManifestSpec, ArmadaManifestStatus>;
