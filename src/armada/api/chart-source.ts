import { z } from "zod";
import { listedOr } from "../../base/text.ts";
import { factsOf, isRemote, SOURCE_TYPES, typesThat } from "../../sources/types.ts";
import { NAME_MAX, filled, flag, seconds, text } from "./fields.ts";
import { brokenRules } from "./source-rules.ts";

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

/** `spec.source`. */
export const source = sourceFields.superRefine((value, context) => {
  for (const broken of brokenRules(value)) context.addIssue({ code: "custom", ...broken });
});
