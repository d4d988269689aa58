import { HelmError, type ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseRecords, ReleaseStore } from "../../../helm/release.ts";
import { manifestBodies, releaseObject } from "../../readiness/manifest.ts";

export interface LargestObjectDeps {
  readonly releases: Pick<ReleaseStore, "refresh">;
  readonly records: Pick<ReleaseRecords, "read">;
}

/** `Widget x, 1700042 bytes`: the object of a manifest that is the largest as JSON; undefined when there is none. @throws {YamlError} */
export const largestObject = (manifest: string): string | undefined => {
  const sized = manifestBodies(manifest).flatMap((body) => {
    const object = releaseObject(body);
    return object === undefined ? [] : [{ title: `${object.kind} ${object.name}`, bytes: Buffer.byteLength(JSON.stringify(body)) }];
  });
  const largest = sized.toSorted((a, b) => b.bytes - a.bytes)[0];
  return largest === undefined ? undefined : `${largest.title}, ${String(largest.bytes)} bytes`;
};

/**
 * The API server says that an object is too large, and not which: the error with the largest one that helm tried to write. Where the release
 * itself was too large, helm has stored no revision that failed.
 */
export const namingTheLargest = async (
  error: unknown,
  release: ReleaseRef,
  { releases, records }: LargestObjectDeps,
  signal: AbortSignal,
): Promise<unknown> => {
  if (!(error instanceof HelmError) || error.reason !== "TooLarge") return error;
  try {
    const record = await releases.refresh(release, signal);
    const content = record?.newest.status !== "failed" ? undefined : await records.read(record, signal);
    const largest = content === undefined || "damaged" in content ? undefined : largestObject(content.manifest);
    return largest === undefined ? error : new HelmError(`${error.message}; the largest is ${largest}`, error);
  } catch {
    return error;
  }
};
