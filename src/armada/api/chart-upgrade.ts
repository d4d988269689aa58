import { z } from "zod";
import { flag, labels, text } from "./fields.ts";

const hookAction = z.object({
  type: text("Kind of object, e.g. job, cronjob or pod.").optional(),
  name: text("Name of the action, for people.").optional(),
  labels: labels("Labels that select the objects.").optional(),
});

const actions = (description: string) => z.array(hookAction).describe(description).optional();

/** `spec.upgrade`. */
export const upgrade = z.object({
  no_hooks: flag("Upgrade without running the chart's hooks (helm upgrade --no-hooks); false when absent.").optional(),
  options: z
    .object({
      force: flag("Replace objects that cannot be patched (helm upgrade --force); false when absent.").optional(),
      recreate_pods: flag("Restart the pods after an upgrade; false when absent.").optional(),
      no_hooks: flag("The same as upgrade.no_hooks.").optional(),
    })
    .describe("Options of helm upgrade.")
    .optional(),
  pre: z
    .object({
      create: actions("Objects to create before an upgrade."),
      delete: actions("Objects to delete before an upgrade."),
      update: actions("Objects to update before an upgrade."),
      cleanup: flag("Uninstall the release and install it anew instead of upgrading it.").optional(),
      update_crd: flag("Replace what the chart has in crds/ before an upgrade.").optional(),
    })
    .describe("What to do before an upgrade.")
    .optional(),
  post: z
    .object({ create: actions("Objects to create after an upgrade.") })
    .describe("What to do after an upgrade.")
    .optional(),
});
