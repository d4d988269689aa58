import { z } from "zod";
import type { ReadonlyDeep } from "./common.ts";
import { integer, text, time } from "./fields.ts";

/** Entries that `status.history` keeps, newest first. */
export const HISTORY_MAX = 5;

/** Charts that `status.source.dependencies` names. */
export const DEPENDENCIES_MAX = 10;

/** Jobs and bare Pods that `status.release.finished` remembers. */
export const FINISHED_MAX = 400;

export const releaseStatus = z
  .object({
    name: text("Name of the release; absent while it depends on which parent enables the chart.").optional(),
    namespace: text("Namespace of the release.").optional(),
    revision: integer("Helm's number of the newest revision; absent when there is no release.", { format: "int32" }).optional(),
    chart: text("Name of the chart, from Chart.yaml.").optional(),
    chart_version: text("Version of the chart, from Chart.yaml.").optional(),
    inputs_digest: text("Digest of what helm was given: content of the chart, values, name and namespace of the release.").optional(),
    spec_digest: text("Digest of source, values, name and namespace in the spec that the release was made from.").optional(),
    ready_revision: integer("Newest revision of which every object was ready once.", { format: "int32" }).optional(),
    claim: z
      .enum(["due", "new"])
      .describe(
        "The chart was enabled after it had been parked, and has not had its release since: it may take it over from another chart; new: only from one that does not come first, because both were enabled at once.",
      )
      .optional(),
    superseded_by: text("ArmadaChart that has taken the release over.").optional(),
    finished: z
      .array(text("Kind and name, with a namespace that is not the release's; # and a digest of that where many names find no room."))
      .max(FINISHED_MAX)
      .describe("Jobs and bare Pods of this revision that are done; they count as done when they are gone.")
      .optional(),
  })
  .describe("The Helm release of this chart.");

export const sourceStatus = z
  .object({
    type: text("Kind of source.").optional(),
    resolved: text("What was taken: commit of git, digest of an archive or of a manifest in a registry, version in a Helm repository.").optional(),
    digest: text("Digest of the chart's content, without what was placed in its charts/; source.digest may pin it.").optional(),
    fetched_at: time("When this content was first fetched.").optional(),
    verified: text("Who signed it, when source.verify asks for that.").optional(),
    dependencies: z
      .array(
        z.object({
          name: text("Name of the chart, from Chart.yaml.").optional(),
          version: text("Version of the chart, from Chart.yaml.").optional(),
          digest: text("Digest of the chart's content.").optional(),
          resolved: text("What was taken: commit, digest or version.").optional(),
        }),
      )
      .max(DEPENDENCIES_MAX)
      .describe("What spec.dependencies placed in charts/; the first ones where there are many.")
      .optional(),
    verification: text("`skipped` when certificates and host keys are not verified.").optional(),
  })
  .describe("Where the chart that is wanted came from.");

const historyEntry = z.object({
  revision: integer("Revision that was written.", { format: "int32" }).optional(),
  action: z
    .enum(["install", "upgrade", "uninstall", "recordName", "restamp", "relabel", "unlock", "restore", "prune", "purge", "take", "giveBack"])
    .describe("What was done; install, upgrade and uninstall are runs of helm, others are kept when they failed."),
  result: z.enum(["succeeded", "failed", "cancelled"]).describe("How it ended."),
  inputs_digest: text("Digest of what helm was given.").optional(),
  chart_version: text("Version of the chart.").optional(),
  generation: integer("Generation of the object that was acted upon.", { format: "int64" }).optional(),
  reason: text("One word for why it failed.").optional(),
  class: z
    .enum(["waiting", "transient", "terminal"])
    .describe(
      "What will help. waiting: something else has to end; transient: time; terminal: only a change of the object, its chart or its surroundings.",
    )
    .optional(),
  message: text("What helm said when it failed.").optional(),
  started_at: time("When it began.").optional(),
  finished_at: time("When it ended.").optional(),
});

export const history = z.array(historyEntry).max(HISTORY_MAX).describe("The last attempts for this object, newest first.").optional();

export type HistoryEntry = ReadonlyDeep<z.infer<typeof historyEntry>>;
