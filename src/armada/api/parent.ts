import { z } from "zod";
import { flag } from "./fields.ts";

/** Fields that both kinds with members have. */
export const parentFields = {
  target_state: z
    .enum(["uninitialized", "deployed", "uninstalled"])
    .describe(
      "Wanted state: uninitialized (parked: members are left as they are), deployed (members are enabled in turn) or uninstalled (members that it alone owns are uninstalled, in reverse); deployed when absent.",
    )
    .optional(),
  prune: flag("Delete members that leave the list, if nothing else owns them; when absent they are no longer owned and stay.").optional(),
  deletion_policy: z
    .enum(["delete", "orphan"])
    .describe("What becomes of members when this object is deleted: delete (those it alone owns) or orphan (they stay and run); delete when absent.")
    .optional(),
};
