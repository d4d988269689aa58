import { z } from "zod";
import { source } from "./chart-source.ts";
import { upgrade } from "./chart-upgrade.ts";
import { test, wait } from "./chart-wait.ts";
import { resourceOf, statusFields, targetState } from "./common.ts";
import type { ArmadaObject, ReadonlyDeep } from "./common.ts";
import { NAME_MAX, VALIDATIONS, filled, flag, integer, matching, opaque, seconds, text } from "./fields.ts";
import { history, releaseStatus, sourceStatus } from "./history.ts";
import { SOURCE_VALIDATIONS } from "./source-rules.ts";

export const CHARTS = resourceOf("ArmadaChart", "armadacharts");

export const DEFAULT_DELETE_SECONDS = 300;
export const DEFAULT_INTERVAL_SECONDS = 600;
/** Revisions of a release that helm keeps when `revisionHistoryLimit` is absent. */
export const DEFAULT_HISTORY_LIMIT = 10;

/** helm 3 checks release names against this very pattern (`action.ValidName`) and this length. */
export const RELEASE_NAME_MAX = 53;
const RELEASE_NAME = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

const NAMESPACE = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$";

export const chartSpec = z.object({
  chart_name: text("A label for the chart, for people.", NAME_MAX).optional(),
  release: matching("Name of the Helm release. It cannot change while the release exists.", {
    max: RELEASE_NAME_MAX,
    pattern: RELEASE_NAME,
    message: `spec.release must be a name that helm accepts: at most ${RELEASE_NAME_MAX} lower case letters, digits, - and ., with a letter or digit at both ends, e.g. blog-1`,
  }),
  namespace: matching(
    "Namespace of the release, created when missing; the object's own when absent. Another one needs --cross-namespace=allow. It cannot change while the release exists.",
    {
      max: 63,
      pattern: NAMESPACE,
      message:
        "spec.namespace must be empty or the name of a namespace: at most 63 lower case letters, digits and -, with a letter or digit at both ends",
    },
  ).optional(),
  source: source.meta({ description: "Where the chart comes from.", [VALIDATIONS]: SOURCE_VALIDATIONS }),
  dependencies: z
    .array(filled("Name of an ArmadaChart, or of a folder directly below a chart root.", NAME_MAX))
    .max(100)
    .describe("Charts that are placed in charts/ of a copy of this one, in place of those of their names; none when empty or absent.")
    .optional(),
  values: opaque("Values for the chart, as in a values file of helm.").optional(),
  install: opaque("Legacy block of old documents.").optional(),
  upgrade: upgrade.describe("How to upgrade.").optional(),
  delete: z
    .object({ timeout: seconds(`Seconds in which a deleted release must be gone; ${DEFAULT_DELETE_SECONDS} when absent.`).optional() })
    .describe("How to delete.")
    .optional(),
  protected: z
    .object({ continue_processing: flag("Go on with other charts when this one has failed.").optional() })
    .describe("Never remove a failed release of this chart in order to repair it.")
    .optional(),
  test: test.optional(),
  timeout: seconds("Deprecated: use wait.timeout, which wins.").optional(),
  wait: wait.describe("What to wait for after a deployment.").optional(),
  target_state: targetState
    .describe(
      "Wanted state: uninitialized (parked: nothing is done), deployed, or uninstalled (the release is removed, the object stays); deployed when absent.",
    )
    .optional(),
  adoption: z
    .enum(["adopt", "fail", "overwrite"])
    .describe(
      "What to do with a release of this name that no ArmadaChart owns: adopt (take it and upgrade it to what is wanted), fail (refuse), or overwrite (take it from another ArmadaChart too); when absent it is taken if chart and values agree, and otherwise left alone.",
    )
    .optional(),
  deletion_policy: z
    .enum(["delete", "orphan"])
    .describe("What becomes of the release when this object is deleted: delete (it is uninstalled) or orphan (it stays); delete when absent.")
    .optional(),
  suspend: flag("Stop acting on this object until it is false again; deletion is not held up.").optional(),
  revisionHistoryLimit: integer(`Revisions of the release that helm keeps; 0 keeps all, ${DEFAULT_HISTORY_LIMIT} when absent.`, {
    format: "int32",
  }).optional(),
});

export const chartStatus = z.object({
  ...statusFields,
  source: sourceStatus.optional(),
  release: releaseStatus.optional(),
  warnings: z.array(text("One sentence.")).max(20).describe("Warnings that the API server gave while helm last ran.").optional(),
  history,
});

export type ArmadaChartSpec = ReadonlyDeep<z.infer<typeof chartSpec>>;
export type ArmadaChartStatus = ReadonlyDeep<z.infer<typeof chartStatus>>;
export type ArmadaChart = ArmadaObject<ArmadaChartSpec, ArmadaChartStatus>;
