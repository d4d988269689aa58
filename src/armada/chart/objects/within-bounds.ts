import { HelmError, type Refuse } from "../../../helm/driver.ts";
import { baseOf, type ReleaseRecord, type ReleaseRecords } from "../../../helm/release.ts";
import type { ReleaseObjects } from "./release-objects.ts";

interface BoundsDeps {
  readonly records: Pick<ReleaseRecords, "read">;
  readonly objects: Pick<ReleaseObjects, "listed">;
}

/**
 * helm changes and deletes what its record has, whoever wrote that. Rejects with {@link HelmError} when an object in it is where nobody may write
 * for the chart.
 */
export const mustBeWithinBounds = async (
  record: ReleaseRecord,
  verb: "upgrade" | "uninstall",
  { records, objects, refuse }: BoundsDeps & { readonly refuse: Refuse },
  signal: AbortSignal,
): Promise<void> => {
  const base: ReleaseRecord = { ...record, newest: baseOf(record, verb) };
  const content = await records.read(base, signal);
  if (content === undefined || "damaged" in content) return;
  const listed = await objects.listed(record.release, content, signal);
  if ("refused" in listed) return;
  for (const object of listed) {
    const refusal = refuse(object, "write");
    if (refusal === undefined) continue;
    const message = `the record of release ${record.release.name} has an object that its chart may not have: ${refusal}`;
    throw new HelmError(message, { reason: "OutOfBounds", class: "terminal" });
  }
};
