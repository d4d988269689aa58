import { z } from "zod";

/** Wanted states of kinds that have members. Their `uninstalled` is not built yet, so the API server refuses it. */
export const parentTargetState = z
  .enum(["uninitialized", "deployed"])
  .describe("Wanted state: uninitialized (parked: members are left as they are) or deployed (members are enabled in turn); deployed when absent.");
