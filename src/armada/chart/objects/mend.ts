import type { Clock } from "../../../base/time/clock.ts";
import type { ReleaseRef, Values } from "../../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../../helm/release.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import type { DynamicObject } from "../../../runtime/object.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { findCulprit } from "./culprit.ts";
import { refOf } from "./identity.ts";
import { DOUBTED, type EffectMemory } from "./effects.ts";
import { putBack, type PutBack } from "./put-back.ts";
import type { Redaction } from "./refusal.ts";
import { isKeptLive, isOfRelease } from "./release-objects.ts";
import { mustBeUnchanged, type Looked } from "../unchanged.ts";

export interface MendDeps {
  readonly api: ApiClient;
  readonly releases: Pick<ReleaseStore, "refresh">;
  readonly records: Pick<ReleaseRecords, "read">;
  readonly watches: ObjectWatches;
  readonly effects: EffectMemory;
  readonly clock: Clock;
  readonly redact: Redaction;
}

/** Only if a read made after the deletion shows the same deployed revision: otherwise helm, or a person with helm, deleted them. */
export const restore = async (
  observed: Looked,
  { record, objects, values }: { readonly record: ReleaseRecord; readonly objects: readonly ReleaseObject[]; readonly values: Values },
  deps: MendDeps,
  signal: AbortSignal,
): Promise<void> => {
  await mustBeUnchanged(observed, deps, signal);
  const content = await deps.records.read(record, signal);
  if (content === undefined || "damaged" in content) return;
  const onDone = async ({ object, ref, live }: PutBack): Promise<void> => {
    const { times, by } = deps.effects.note(record, "restore", object, deps.clock.now());
    if (times < DOUBTED || by !== undefined || live === undefined) return;
    deps.effects.blame(record, object, await findCulprit(ref, live, deps.api, signal));
  };
  await putBack(content.manifest, objects, record.release, { ...deps, values, onDone }, signal);
};

/** Removes objects of this release that no record answers for, by a fresh read of the records; each only if a fresh read shows this release's annotations on it. */
export const prune = async (
  observed: Looked,
  { record, objects }: { readonly record: ReleaseRecord | undefined; readonly objects: readonly ReleaseObject[] },
  deps: MendDeps,
  signal: AbortSignal,
): Promise<void> => {
  const { api, watches, effects, clock } = deps;
  const { release } = observed;
  await mustBeUnchanged(observed, deps, signal);
  for (const object of objects) {
    const resource = await api.resolve(object.apiVersion, object.kind, signal);
    if (resource === undefined) continue;
    const ref = refOf(object, resource, release.namespace);
    const live = await api.get({ ...ref, metadataOnly: true }, signal);
    if (record !== undefined) effects.note(record, "prune", object, clock.now());
    if (live === undefined || !mayGo(live, release)) continue;
    await watches.watch(resource, ref.namespace, signal);
    await api.delete({ ...ref, only: { uid: live.metadata.uid } }, signal);
    await watches.refresh(resource, ref.namespace, object.name, signal);
  }
};

const mayGo = (live: DynamicObject, release: ReleaseRef): boolean =>
  live.metadata.deletionTimestamp === undefined && isOfRelease(live, release) && !isKeptLive(live);
