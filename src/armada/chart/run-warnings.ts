import { HelmError, type ReleaseRef } from "../../helm/driver.ts";
import type { ReleaseContent, ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import type { ReleaseObjects } from "./objects/release-objects.ts";
import { namingFields } from "./objects/unknown-fields.ts";

interface WrittenDeps {
  readonly releases: Pick<ReleaseStore, "read">;
  readonly records: Pick<ReleaseRecords, "read" | "hooks">;
}

interface RunWarningsDeps extends WrittenDeps {
  readonly objects: Pick<ReleaseObjects, "repeated">;
}

/** What helm warned of, with the objects that it does not name, and what it does not warn of. What cannot be read is no failure of a run that has ended well. */
export const warningsOfRun = async (
  warnings: readonly string[],
  release: ReleaseRef,
  deps: RunWarningsDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const written = await writtenBy(release, deps, signal);
  if (written === undefined) return warnings;
  return [...(await named(warnings, written, deps, signal)), ...(await repetitions(release, written.content, deps, signal))];
};

/** The error of a run, its warnings with the objects that helm does not name. */
export const withNamedFields = async (error: unknown, release: ReleaseRef, deps: WrittenDeps, signal: AbortSignal): Promise<unknown> => {
  const written = error instanceof HelmError && error.warnings.length > 0 ? await writtenBy(release, deps, signal) : undefined;
  if (!(error instanceof HelmError) || written === undefined) return error;
  const { message, reason, class: errorClass, cause } = error;
  return new HelmError(message, { reason, class: errorClass, cause, warnings: await named(error.warnings, written, deps, signal) });
};

/** A revision, and what is in it. */
interface Written {
  readonly record: ReleaseRecord;
  readonly content: ReleaseContent;
}

const writtenBy = async (release: ReleaseRef, { releases, records }: WrittenDeps, signal: AbortSignal): Promise<Written | undefined> => {
  const record = releases.read(release);
  const content = record === undefined ? undefined : await records.read(record, signal).catch(() => undefined);
  return record === undefined || content === undefined || "damaged" in content ? undefined : { record, content };
};

const named = (
  warnings: readonly string[],
  { record, content }: Written,
  { records }: WrittenDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => namingFields(warnings, [() => Promise.resolve(content.manifest), () => records.hooks(record, signal)]);

/** helm makes an object as often as its manifest has it. */
const repetitions = async (
  release: ReleaseRef,
  content: ReleaseContent,
  { objects }: RunWarningsDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const repeated = await objects.repeated(release, content, signal).catch(() => []);
  return repeated.map(({ kind, name }) => `${kind} ${name} is in the chart more than once: only the last one is applied`);
};
