import { z } from "zod";
import type { KubeObject, Resource } from "../../runtime/object.ts";
import { flag, integer, text, time } from "./fields.ts";

export const API_GROUP = "armada.airshipit.org";
const API_VERSION = "v1alpha1";

/** What the API returns is shared and frozen: every level is read-only. */
export type ReadonlyDeep<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyDeep<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> }
    : T;

/** An object of one of the three kinds. `status` is absent until the operator has seen the object. */
export interface ArmadaObject<Spec, Status> extends KubeObject {
  readonly spec: Spec;
  readonly status?: Status;
}

export const resourceOf = (kind: string, plural: string): Resource => ({
  group: API_GROUP,
  version: API_VERSION,
  plural,
  kind,
  namespaced: true,
});

export const targetState = z.enum(["uninitialized", "deployed", "uninstalled"]);
export const actualState = z.enum(["uninitialized", "unknown", "initialized", "deployed", "uninstalled", "failed", "pending", "running", "error"]);
const conditionStatus = z.enum(["True", "False", "Unknown"]);

export type TargetState = z.infer<typeof targetState>;
export type ActualState = z.infer<typeof actualState>;

export const condition = z.object({
  type: text("What the condition is about, e.g. Ready, Deployed, Failed."),
  status: conditionStatus.describe("True, False or Unknown."),
  reason: text("One word for why, which programs can compare.").optional(),
  message: text("What happened, to which object, and what comes next.").optional(),
  resourceName: text("Name of the Helm release.").optional(),
  resourceVersion: integer("Revision of the Helm release.", { format: "int32" }).optional(),
  lastTransitionTime: time("When status last changed.").optional(),
  observedGeneration: integer("Generation of the object that the condition judges.", { format: "int64" }).optional(),
});

export type Condition = ReadonlyDeep<z.infer<typeof condition>>;

/** Status fields that all three kinds have. */
export const statusFields = {
  satisfied: flag("Whether the object is as it is wanted, at the generation in observedGeneration.").optional(),
  reason: text("One word for why the object is in this state.").optional(),
  actual_state: actualState
    .describe("The state the object is in; deployed means that the release is there and every object of it is ready.")
    .optional(),
  target_state: targetState
    .describe("The state that is wanted in effect: spec.target_state, its default, or deployed because a parent has enabled it.")
    .optional(),
  conditions: z.array(condition).describe("Conditions, one a type. Ready, Reconciling and Stalled are always there.").optional(),
  observedGeneration: integer("Generation of the object that this status describes.", { format: "int64" }).optional(),
  waiting_for: text("One sentence: what this object waits for, since when, and what happens next. Absent when it is satisfied.").optional(),
  failures: integer("Failed attempts in a row since the last success or change.", { format: "int32" }).optional(),
  next_retry_time: time("When it will be tried again, if nothing changes before.").optional(),
  ready_generation: integer("Newest generation at which every object was ready.", { format: "int64" }).optional(),
  reconcile_requested_at: text("Value of the annotation armada.airshipit.org/reconcile-requested-at that was answered last.").optional(),
  owners: text("Parents that own this object, joined by a comma and a space.").optional(),
  controlled_by: z
    .object({ shard: integer("Shard of the object.", { format: "int32" }), holder: text("Lease of the replica that held the shard.") })
    .describe("Who wrote this status, where replicas share the objects: the shard, and the replica that held it then.")
    .optional(),
};

/** Further status field of kinds that have members. */
export const progressField = text(
  "Members that are deployed, or uninstalled if this object is to be, of all members, e.g. 3/7. A skipped member is not counted, a library chart is.",
).optional();
