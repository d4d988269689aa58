import { z } from "zod";
import { listedOr } from "../../base/text.ts";
import { factsOf, isRemote, SOURCE_TYPES, typesThat } from "../../sources/types.ts";
import { NAME_MAX, filled, flag, seconds, text } from "./fields.ts";
import { brokenRules } from "./source-rules.ts";

const sourceFields = z.object({
  type: z.enum(SOURCE_TYPES).describe(`Kind of source: ${listedOr(SOURCE_TYPES.map((type) => `${type} (${factsOf(type).location})`))}.`),
  location: filled(`Folder (local) or URL (${typesThat(isRemote).join(", ")}) that holds the chart.`, 4096),
  subpath: text("Path of the chart inside the source; `.` when absent.", 1024).optional(),
  reference: text("Branch, tag or commit of a git source, the default branch when absent; tag or digest of a chart in a registry.", 1024).optional(),
  chart: text("Name of the chart in a Helm repository.", NAME_MAX).optional(),
  version: text("Version, or range of versions, of a chart in a Helm repository or a registry; the newest when absent.", 256).optional(),
  digest: text(
    "What the content must be: sha256:… of an archive or of a manifest in a registry, a commit, or the chart's own digest.",
    256,
  ).optional(),
  secret_ref: z
    .object({ name: filled("Name of a Secret in the object's namespace.", NAME_MAX) })
    .describe("Secret with credentials for the source; armada-registry-credentials, if there is one, when absent.")
    .optional(),
  verify: z
    .object({
      provider: z
        .enum(["provenance", "cosign"])
        .describe("provenance: a .prov file beside the archive, as helm makes it; cosign: a signature in the registry."),
      secret_ref: z
        .object({ name: filled("Name of a Secret in the object's namespace.", NAME_MAX) })
        .describe("Secret with the public keys: pubring.gpg for provenance, cosign.pub for cosign."),
    })
    .describe("Who must have signed the chart.")
    .optional(),
  auth_method: text("SSH, of a git source over ssh: the Secret must have a key and known_hosts. Anything else is refused.", 64).optional(),
  insecure_skip_verify: flag("Do not verify certificates and host keys of the source. Shown in status.").optional(),
  proxy_server: text("HTTP proxy for fetching the chart.", 1024).optional(),
  interval: seconds("Seconds between two looks at the source for changes; 600 when absent.", 1).optional(),
});

/** `spec.source`. */
export const source = sourceFields.superRefine((value, context) => {
  for (const broken of brokenRules(value)) context.addIssue({ code: "custom", ...broken });
});
