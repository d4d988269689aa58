import { baseOf, type ReleaseRecord, type ReleaseRecords, type ReleaseStore } from "../../../helm/release.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import { releaseObject } from "../../readiness/manifest.ts";
import { identityOf, locator } from "./identity.ts";
import type { ReleaseObjects } from "./release-objects.ts";

interface DisownDeps {
  readonly api: Pick<ApiClient, "resolve">;
  readonly records: Pick<ReleaseRecords, "read" | "omit">;
  readonly releases: Pick<ReleaseStore, "refresh">;
  readonly objects: Pick<ReleaseObjects, "others">;
}

/**
 * helm deletes what its record has and the chart has no more, whosever it is by now. What carries the annotations of another release is taken
 * out of the record first. Returns a sentence for each.
 */
export const disown = async (
  record: ReleaseRecord,
  verb: "upgrade" | "uninstall",
  { api, records, releases, objects }: DisownDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const base: ReleaseRecord = { ...record, newest: baseOf(record, verb) };
  const content = await records.read(base, signal);
  if (content === undefined || "damaged" in content) return [];
  const others = await objects.others(record.release, content, signal);
  if (others.length === 0) return [];
  const identities = new Set(others.map(({ object }) => identityOf(object)));
  const place = await locator(
    others.map(({ object }) => object),
    record.release.namespace,
    api,
    signal,
  );
  await records.omit(
    base,
    (body) => {
      const object = releaseObject(body);
      return object !== undefined && identities.has(identityOf(place(object)));
    },
    signal,
  );
  await releases.refresh(record.release, signal);
  return others.map(
    ({ object: { kind, name }, release }) =>
      `${kind} ${name} has the annotations of release ${release}, which now owns it: it was removed from the record of release ${record.release.name}`,
  );
};
