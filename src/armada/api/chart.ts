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

const ACCOUNT = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";

export const chartSpec = z.object({
  chart_name: text("A name for the chart, for people. It decides nothing.", NAME_MAX).optional(),
  release: matching(`Name of the Helm release, at most ${RELEASE_NAME_MAX} characters. It cannot change while the release exists.`, {
    max: RELEASE_NAME_MAX,
    pattern: RELEASE_NAME,
    message: `spec.release must be a name that helm accepts: at most ${RELEASE_NAME_MAX} lower case letters, digits, - and ., with a letter or digit at both ends, e.g. blog-1`,
  }),
  namespace: matching(
    "Namespace of the release, created when it is missing; the object's own when absent. Another one needs an operator with --cross-namespace=allow. It cannot change while the release exists.",
    {
      max: 63,
      pattern: NAMESPACE,
      message:
        "spec.namespace must be empty or the name of a namespace: at most 63 lower case letters, digits and -, with a letter or digit at both ends",
    },
  ).optional(),
  service_account: matching(
    "ServiceAccount of the release's namespace with whose rights the release is written; that of --default-service-account when absent. An operator without that flag refuses it.",
    {
      max: NAME_MAX,
      pattern: ACCOUNT,
      message: "spec.service_account must be the name of a ServiceAccount: lower case letters, digits, - and ., with a letter or digit at both ends",
    },
  ).optional(),
  source: source.meta({ description: "Where the chart comes from.", [VALIDATIONS]: SOURCE_VALIDATIONS }),
  dependencies: z
    .array(filled("Name of an ArmadaChart, or of a folder directly below a chart root.", NAME_MAX))
    .max(100)
    .describe(
      "Charts to place in charts/ of a copy of this chart, instead of what has their names there. Each is an ArmadaChart or a folder below a chart root; none when absent.",
    )
    .optional(),
  values: opaque("Values for the chart, as in a values file of helm. They are never shown in status, events or logs.").optional(),
  install: opaque("Options for an installation, in old documents.").optional(),
  upgrade: upgrade.describe("How helm upgrades the release.").optional(),
  delete: z
    .object({
      timeout: seconds(
        `Seconds within which everything of a deleted release should be gone, and helm's timeout for hooks, which is a day at most; ${DEFAULT_DELETE_SECONDS} when absent. What is still there after that is named, and waited for.`,
      ).optional(),
    })
    .describe("How the release is removed.")
    .optional(),
  protected: z
    .object({ continue_processing: flag("Go on with other charts when this one has failed.").optional() })
    .describe("Whether a failed release may be removed to repair it. It never is, once it was deployed.")
    .optional(),
  test: test.optional(),
  timeout: seconds("Deprecated: use wait.timeout, which wins. Seconds.").optional(),
  wait: wait.describe("What to wait for after a deployment, and how long.").optional(),
  target_state: targetState
    .describe(
      "Wanted state. deployed: the release runs; uninitialized: parked, nothing is done until an ArmadaChartGroup enables it; uninstalled: the release is removed, the object stays. deployed when absent.",
    )
    .optional(),
  adoption: z
    .enum(["adopt", "fail", "overwrite"])
    .describe(
      "What to do when a release of this name exists and no ArmadaChart owns it. adopt: take it, and upgrade it to what is wanted; fail: refuse it; overwrite: as adopt, and take it from another ArmadaChart, too. When absent it is taken if chart and values are the same, and otherwise left alone.",
    )
    .optional(),
  deletion_policy: z
    .enum(["delete", "orphan"])
    .describe("What becomes of the release when this object is deleted. delete: it is uninstalled; orphan: it stays. delete when absent.")
    .optional(),
  suspend: flag("Stop acting on this object until it is false again; false when absent. A deletion is carried out all the same.").optional(),
  revisionHistoryLimit: integer(`How many revisions of the release helm keeps; 0 keeps all, ${DEFAULT_HISTORY_LIMIT} when absent.`, {
    format: "int32",
  }).optional(),
});

export const chartStatus = z.object({
  ...statusFields,
  source: sourceStatus.optional(),
  release: releaseStatus.optional(),
  warnings: z.array(text("One sentence.")).max(20).describe("Warnings of the API server and of helm during the last helm run.").optional(),
  history,
});

export type ArmadaChartSpec = ReadonlyDeep<z.infer<typeof chartSpec>>;
export type ArmadaChartStatus = ReadonlyDeep<z.infer<typeof chartStatus>>;
export type ArmadaChart = ArmadaObject<ArmadaChartSpec, ArmadaChartStatus>;
