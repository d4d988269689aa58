import { z } from "zod";
import { flag } from "./fields.ts";

/** Fields that both kinds with members have. */
export const parentFields = {
  target_state: z
    .enum(["uninitialized", "deployed", "uninstalled"])
    .describe(
      "Wanted state. deployed: members are enabled, in turn if they are a sequence; uninitialized: parked, members are left as they are; uninstalled: members that only this object owns are uninstalled, the last first. deployed when absent.",
    )
    .optional(),
  prune: flag("Delete members that leave the list, if nothing else owns them; when absent they are no longer owned and stay.").optional(),
  deletion_policy: z
    .enum(["delete", "orphan"])
    .describe(
      "What becomes of members when this object is deleted. delete: those that only this object owns are deleted, too; orphan: all stay and run. delete when absent.",
    )
    .optional(),
};
