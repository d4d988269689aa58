import { z } from "zod";
import { PRESERVE, flag, labels, seconds } from "./fields.ts";

/** Seconds that `wait.timeout` and `timeout` stand for when both are absent. */
export const DEFAULT_WAIT_SECONDS = 900;

const waitConfig = z.looseObject({
  labels: labels("Labels that select the objects; they win over wait.labels.").nullish(),
  min_ready: z.union([z.int(), z.string()]).nullish(),
  required: z.boolean().nullish(),
});

/** A list in documents of v1, in those of v2 also a map by kind of object: a union that a CRD cannot type. */
const waitResources = (description: string) =>
  z
    .union(
      [
        z.array(waitConfig.extend({ type: z.string().nullish() })),
        z.record(z.string(), z.union([z.boolean(), waitConfig, z.array(waitConfig)]).nullable()),
      ],
      "must be a list of entries with type, labels, min_ready and required, or a map from type (pod, job, deployment, daemonset, statefulset) to such an entry, to a list of them, or to false; labels are strings, min_ready is a whole number or a string, required is true or false",
    )
    .nullable()
    .meta({ description, [PRESERVE]: true });

/** `spec.wait`. */
export const wait = z.object({
  timeout: seconds(
    `Seconds within which every object of the release must become ready, and helm's timeout for hooks, which is a day at most; ${DEFAULT_WAIT_SECONDS} when absent. After that the chart is failed until they are ready; 0 judges at once.`,
  ).optional(),
  labels: labels("Labels that select what to wait for.").optional(),
  resources: waitResources(
    "What to wait for: a list of entries with type, labels, min_ready and required, or a map from type to such an entry, to a list of them, or to false; an empty list waits for nothing.",
  ).optional(),
  resources_list: waitResources("The same as wait.resources: what CustomResources of Python Armada call its list form.").optional(),
  native: z
    .object({ enabled: flag("Pass --wait to helm; false when absent.").optional() })
    .describe("Helm's own wait.")
    .optional(),
});

/** `test` on the wire: a boolean in old documents, an object in others; a union that a CRD cannot type. */
export const test = z
  .union(
    [
      z.boolean(),
      z.looseObject({
        enabled: z.boolean().optional(),
        timeout: z.int().min(0).optional(),
        options: z.looseObject({ cleanup: z.boolean().optional() }).optional(),
      }),
    ],
    "must be true, false, or an object with enabled (boolean), timeout (seconds, 0 or more) and options.cleanup (boolean)",
  )
  .nullable()
  .meta({
    description: "Whether to run helm test after a deployment: a boolean, or an object with enabled, timeout and options.cleanup.",
    [PRESERVE]: true,
  });
