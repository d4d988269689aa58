import type { KubeObject } from "../../runtime/object.ts";
import { parseLabels } from "./labels.ts";
import type { ReleaseRecord, ReleaseStatus, Revision } from "../release.ts";
import type { ReleaseRef } from "../driver.ts";

const statuses: ReadonlySet<string> = new Set<ReleaseStatus>([
  "unknown",
  "deployed",
  "uninstalled",
  "superseded",
  "failed",
  "uninstalling",
  "pending-install",
  "pending-upgrade",
  "pending-rollback",
]);

const isStatus = (text: string): text is ReleaseStatus => statuses.has(text);

/** A status that is none of helm's is `unknown`. */
export const parseStatus = (text: string): ReleaseStatus => (isStatus(text) ? text : "unknown");

/** The release whose revision this Secret holds; undefined when the Secret is not helm's. Only metadata is looked at. */
export const releaseOf = (secret: KubeObject): ReleaseRef | undefined => {
  const { namespace, labels = {} } = secret.metadata;
  const name = labels["name"];
  if (labels["owner"] !== "helm" || name === undefined || namespace === undefined) return undefined;
  return { namespace, name };
};

/** helm's own number: the Secret's name ends with it, and a name cannot be edited, as the label `version` can. */
const numberOf = ({ name, labels = {} }: KubeObject["metadata"]): number | undefined =>
  numberIn(/\.v(?<number>\d{1,12})$/u.exec(name)?.groups?.["number"]) ?? numberIn(labels["version"]);

/** One revision from the metadata of its Secret; undefined when neither its name nor the label `version` has a number. */
export const revisionOf = (secret: KubeObject): Revision | undefined => {
  const { name, uid, resourceVersion, labels = {} } = secret.metadata;
  const revision = numberOf(secret.metadata);
  if (revision === undefined) return undefined;
  const ours = parseLabels(labels);
  return {
    revision,
    status: parseStatus(labels["status"] ?? ""),
    modifiedAtMs: (numberIn(labels["modifiedAt"]) ?? numberIn(labels["createdAt"]) ?? 0) * 1000,
    labels: ours,
    labelsCurrent: ours?.revision === revision,
    secret: { name, uid, resourceVersion },
  };
};

/** The record of one release from all its Secrets; undefined when there is none. */
export const recordOfSecrets = (release: ReleaseRef, secrets: readonly KubeObject[]): ReleaseRecord | undefined => {
  const revisions = secrets.flatMap((secret) => revisionOf(secret) ?? []).sort((a, b) => b.revision - a.revision);
  const newest = revisions[0];
  if (newest === undefined) return undefined;
  return { release, newest, revisions, everDeployed: revisions.some(({ status }) => status === "deployed" || status === "superseded") };
};

const numberIn = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined);
