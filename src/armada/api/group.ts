import { z } from "zod";
import { progressField, resourceOf, statusFields } from "./common.ts";
import type { ArmadaObject, ReadonlyDeep } from "./common.ts";
import { NAME_MAX, flag, integer, names, text } from "./fields.ts";
import { parentFields } from "./parent.ts";

export const GROUPS = resourceOf("ArmadaChartGroup", "armadachartgroups");

export const groupSpec = z.object({
  chart_group: names("Names of the group's ArmadaCharts, in order.", "ArmadaChart"),
  description: text("What the group is, for people.").optional(),
  name: text("A label for the group, for people.", NAME_MAX).optional(),
  sequenced: flag("Bring the charts up one after the other, each ready before the next; false when absent: all at once.").optional(),
  test_charts: flag("Deprecated: run helm test for the charts of the group.").optional(),
  ...parentFields,
  suspend: flag("Stop acting on this group's members until it is false again; deletion is not held up.").optional(),
  revisionHistoryLimit: integer("Legacy field.", { format: "int32" }).optional(),
});

export const groupStatus = z.object({ ...statusFields, progress: progressField });

export type ArmadaChartGroupSpec = ReadonlyDeep<z.infer<typeof groupSpec>>;
export type ArmadaChartGroupStatus = ReadonlyDeep<z.infer<typeof groupStatus>>;
export type ArmadaChartGroup = ArmadaObject<ArmadaChartGroupSpec, ArmadaChartGroupStatus>;
