import { z } from "zod";
import { progressField, resourceOf, statusFields } from "./common.ts";
import type { ArmadaObject, ReadonlyDeep } from "./common.ts";
import { RELEASE_NAME_MAX } from "./chart.ts";
import { flag, integer, matching, names } from "./fields.ts";
import { parentFields } from "./parent.ts";

export const MANIFESTS = resourceOf("ArmadaManifest", "armadamanifests");

/** As a release name begins; empty: none. */
const RELEASE_PREFIX = "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$";

export const manifestSpec = z.object({
  chart_groups: names("Names of the manifest's ArmadaChartGroups; each is ready before the next begins.", "ArmadaChartGroup"),
  release_prefix: matching(
    "Prefix for the names of releases, as in <prefix>-<release>, of parked charts that are enabled through this manifest; none when absent.",
    {
      max: RELEASE_NAME_MAX,
      pattern: RELEASE_PREFIX,
      message: "spec.release_prefix must be empty, or lower case letters, digits, - and . with a letter or digit at both ends, e.g. site",
    },
  ).optional(),
  apply_release_prefix: flag("Whether release_prefix is used; true when absent.").optional(),
  ...parentFields,
  suspend: flag(
    "Stop acting on the groups of this manifest until it is false again; false when absent. A deletion is carried out all the same.",
  ).optional(),
  revisionHistoryLimit: integer("Revisions to keep, in old documents.", { format: "int32" }).optional(),
});

export const manifestStatus = z.object({ ...statusFields, progress: progressField });

export type ArmadaManifestSpec = ReadonlyDeep<z.infer<typeof manifestSpec>>;
export type ArmadaManifestStatus = ReadonlyDeep<z.infer<typeof manifestStatus>>;
export type ArmadaManifest = ArmadaObject<ArmadaManifestSpec, ArmadaManifestStatus>;
