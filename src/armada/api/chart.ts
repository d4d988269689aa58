import { z } from "zod";
import { listedOr } from "../../base/text.ts";
import { factsOf, isRemote, SOURCE_TYPES, typesThat } from "../../sources/types.ts";
import { resourceOf, statusFields, targetState } from "./common.ts";
import type { ArmadaObject, ReadonlyDeep } from "./common.ts";
import { NAME_MAX, PRESERVE, VALIDATIONS, filled, flag, integer, labels, matching, opaque, seconds, text } from "./fields.ts";
import { history, releaseStatus, sourceStatus } from "./history.ts";
import { brokenRules, SOURCE_VALIDATIONS } from "./source-rules.ts";

export const CHARTS = resourceOf("ArmadaChart", "armadacharts");

/** Seconds that `wait.timeout` and `timeout` stand for when both are absent. */
export const DEFAULT_WAIT_SECONDS = 900;
export const DEFAULT_DELETE_SECONDS = 300;
export const DEFAULT_INTERVAL_SECONDS = 600;
/** Revisions of a release that helm keeps when `revisionHistoryLimit` is absent. */
export const DEFAULT_HISTORY_LIMIT = 10;

/** helm 3 checks release names against this very pattern (`action.ValidName`) and this length. */
export const RELEASE_NAME_MAX = 53;
const RELEASE_NAME = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

const NAMESPACE = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$";

const sourceFields = z.object({
  type: z.enum(SOURCE_TYPES).describe(`Kind of source: ${listedOr(SOURCE_TYPES.map((type) => `${type} (${factsOf(type).location})`))}.`),
  location: filled(`Folder (local) or URL (${typesThat(isRemote).join(", ")}) that holds the chart.`, 4096),
  subpath: text("Folder of the chart inside the source, e.g. charts/blog; the root of the source when absent.", 1024).optional(),
  reference: text(
    "What to take: of git a branch, a tag or a commit (the default branch when absent), of a registry a tag or a digest sha256:….",
    1024,
  ).optional(),
  chart: text("Name of the chart in the Helm repository. Required when type is repo, refused otherwise.", NAME_MAX).optional(),
  version: text(
    "Version of a chart in a Helm repository or a registry, or a range of versions, e.g. 1.2.3, 1.x or ^1.2; the newest when absent.",
    256,
  ).optional(),
  digest: text(
    "Content that is expected; anything else is refused. sha256:… of an archive or of a manifest in a registry, a full commit of git, or the chart's own digest, which status.source.digest shows.",
    256,
  ).optional(),
  secret_ref: z
    .object({ name: filled("Name of a Secret in the object's namespace.", NAME_MAX) })
    .describe(
      "Secret with credentials for the source: username, password, token, ssh-privatekey, known_hosts, ca.crt, .dockerconfigjson. When absent: armada-registry-credentials, if there is one.",
    )
    .optional(),
  verify: z
    .object({
      provider: z
        .enum(["provenance", "cosign"])
        .describe(
          "How it is signed. provenance: a .prov file beside the archive, as helm package --sign makes it; cosign: a signature in the registry.",
        ),
      secret_ref: z
        .object({ name: filled("Name of a Secret in the object's namespace.", NAME_MAX) })
        .describe("Secret with the public keys that are trusted: pubring.gpg for provenance, cosign.pub for cosign."),
    })
    .describe("Use the chart only if it is signed, and by whom; signatures are not looked at when absent.")
    .optional(),
  auth_method: text(
    "SSH, or absent. SSH demands a git source over ssh, whose Secret has a key and known_hosts; any other value is refused.",
    64,
  ).optional(),
  insecure_skip_verify: flag(
    "Do not verify TLS certificates and SSH host keys of the source; false when absent. status.source.verification shows it.",
  ).optional(),
  proxy_server: text("HTTP proxy for fetching the chart: a URL, or host:port.", 1024).optional(),
  interval: seconds("Seconds between two checks of the source for new content; 600 when absent.", 1).optional(),
});

const source = sourceFields.superRefine((value, context) => {
  for (const broken of brokenRules(value)) context.addIssue({ code: "custom", ...broken });
});

const hookAction = z.object({
  type: text("Kind of object, e.g. job, cronjob or pod.").optional(),
  name: text("Name of the action, for people.").optional(),
  labels: labels("Labels that select the objects.").optional(),
});

const actions = (description: string) => z.array(hookAction).describe(description).optional();

const upgrade = z.object({
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

const wait = z.object({
  timeout: seconds(
    `Seconds within which every object of the release must become ready, and helm's timeout for hooks; ${DEFAULT_WAIT_SECONDS} when absent. After that the chart is failed until they are ready; 0 judges at once.`,
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
const test = z
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
        `Seconds within which everything of a deleted release should be gone, and helm's timeout for hooks; ${DEFAULT_DELETE_SECONDS} when absent. What is still there after that is named, and waited for.`,
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
