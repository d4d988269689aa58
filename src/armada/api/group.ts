import { z } from "zod";
import { progressField, resourceOf, statusFields } from "./common.ts";
import type { ArmadaObject, ReadonlyDeep } from "./common.ts";
import { NAME_MAX, flag, integer, names, text } from "./fields.ts";
import { parentFields } from "./parent.ts";

export const GROUPS = resourceOf("ArmadaChartGroup", "armadachartgroups");

export const groupSpec = z.object({
  chart_group: names("Names of the group's ArmadaCharts, in order.", "ArmadaChart"),
  description: text("What the group is for, for people. It decides nothing.").optional(),
  name: text("A name for the group, in old documents.", NAME_MAX).optional(),
  sequenced: flag("Whether the charts come up one after the other, each ready before the next begins. false, or absent: all at once.").optional(),
  test_charts: flag("Deprecated. Whether to run helm test for the charts of the group.").optional(),
  ...parentFields,
  suspend: flag(
    "Stop acting on the charts of this group until it is false again; false when absent. A deletion is carried out all the same.",
  ).optional(),
  revisionHistoryLimit: integer("Revisions to keep, in old documents.", { format: "int32" }).optional(),
});

export const groupStatus = z.object({ ...statusFields, progress: progressField });

export type ArmadaChartGroupSpec = ReadonlyDeep<z.infer<typeof groupSpec>>;
export type ArmadaChartGroupStatus = ReadonlyDeep<z.infer<typeof groupStatus>>;
export type ArmadaChartGroup = ArmadaObject<ArmadaChartGroupSpec, ArmadaChartGroupStatus>;
