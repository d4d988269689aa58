import type { ReleaseContent, ReleaseRecord, ReleaseRecords, ReleaseStatus } from "../../../helm/release.ts";

/** Revisions whose bodies are read to find out whether one of them was ever deployed. */
const READ_MAX = 10;

const WAS_DEPLOYED: readonly ReleaseStatus[] = ["deployed", "superseded"];

/** A label that somebody has edited, and what the release inside says, which is what helm reads. */
export interface Mislabelled {
  readonly label: ReleaseStatus;
}

/** The record as its bodies tell it. Of labels that say something else than the body of their own Secret, the newest is told. */
export interface CheckedRecord {
  readonly record: ReleaseRecord;
  readonly mislabelled: Mislabelled | undefined;
}

/**
 * Holds the label `status`, from which decisions are made, against the body. A body read after helm wrote again says nothing of the label that
 * was seen; the watch brings that one. No body is read but `content`, unless the release failed and its labels say that it never was deployed.
 */
export const checked = async (
  record: ReleaseRecord,
  content: ReleaseContent,
  records: Pick<ReleaseRecords, "read">,
  signal: AbortSignal,
): Promise<CheckedRecord> => {
  const { newest } = record;
  const edited = content.labelled === newest.status && content.status !== newest.status;
  const seen = edited ? { ...record, newest: { ...newest, status: content.status } } : record;
  const mislabelled = edited ? { label: newest.status } : undefined;
  if (WAS_DEPLOYED.includes(seen.newest.status)) return { record: { ...seen, everDeployed: true }, mislabelled };
  if (seen.everDeployed || seen.newest.status !== "failed") return { record: seen, mislabelled };
  return { record: { ...seen, everDeployed: await wasDeployed(record, records, signal) }, mislabelled };
};

/** Of a release of nobody whose label says that helm is at work: nobody else looks whether that is so. */
export const believed = async (record: ReleaseRecord, records: Pick<ReleaseRecords, "read">, signal: AbortSignal): Promise<ReleaseRecord> => {
  const content = await records.read(record, signal);
  return content === undefined || "damaged" in content ? record : (await checked(record, content, records, signal)).record;
};

/** Never deployed, it would be installed anew: that is not taken from labels alone. */
const wasDeployed = async (record: ReleaseRecord, records: Pick<ReleaseRecords, "read">, signal: AbortSignal): Promise<boolean> => {
  for (const revision of record.revisions.slice(1, READ_MAX + 1)) {
    const content = await records.read({ ...record, newest: revision }, signal);
    if (content !== undefined && !("damaged" in content) && WAS_DEPLOYED.includes(content.status)) return true;
  }
  return false;
};
