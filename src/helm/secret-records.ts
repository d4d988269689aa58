import type { Clock } from "../base/clock.ts";
import type { ApiClient } from "../runtime/api.ts";
import type { ReleaseLabels } from "./driver.ts";
import type { ReleaseContent, ReleaseRecord, ReleaseRecords, ReleaseStatus } from "./release.ts";
import { loadContent, loadRelease, purgeRecords, relabelRelease, relabelStatus, unlockRelease } from "./release-body.ts";
import { DamagedRecordError } from "./release-record.ts";
import { madeFrom } from "./stored-inputs.ts";

type Content = ReleaseContent | { readonly damaged: string } | undefined;

/** Decoded records kept; manifests are the bulk of their size. */
const REMEMBERED = 200;

/** {@link ReleaseRecords} over the API server. */
export class SecretReleaseRecords implements ReleaseRecords {
  readonly #api: ApiClient;
  readonly #clock: Clock;
  /** By uid and resourceVersion of the Secret, least recently used first. */
  readonly #known = new Map<string, Content>();

  constructor(deps: { readonly api: ApiClient; readonly clock: Clock }) {
    this.#api = deps.api;
    this.#clock = deps.clock;
  }

  async read(record: ReleaseRecord, signal: AbortSignal): Promise<Content> {
    const { uid, resourceVersion } = record.newest.secret;
    const key = `${uid}@${resourceVersion}`;
    const known = this.#known.get(key);
    const content = known ?? (await this.#load(record, signal));
    this.#known.delete(key);
    if (content === undefined) return undefined;
    this.#known.set(key, content);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break;
      this.#known.delete(oldest);
    }
    return content;
  }

  async hooksRunning(record: ReleaseRecord, signal: AbortSignal): Promise<readonly string[]> {
    const stored = await loadContent(this.#api, record, signal);
    return stored?.hooksRunning ?? [];
  }

  async unlock(record: ReleaseRecord, description: string, signal: AbortSignal): Promise<void> {
    await unlockRelease(this.#api, record, { description, nowMs: this.#clock.now() }, signal);
  }

  async madeFrom(
    record: ReleaseRecord,
    { chartPath, values }: { readonly chartPath: string; readonly values: unknown },
    signal: AbortSignal,
  ): Promise<boolean> {
    const release = await loadRelease(this.#api, record, signal);
    return release !== undefined && madeFrom(release, chartPath, values);
  }

  async relabel(record: ReleaseRecord, labels: ReleaseLabels, signal: AbortSignal): Promise<void> {
    await relabelRelease(this.#api, record, labels, signal);
  }

  async relabelStatus(record: ReleaseRecord, status: ReleaseStatus, signal: AbortSignal): Promise<void> {
    await relabelStatus(this.#api, record, status, signal);
  }

  purge(record: ReleaseRecord, signal: AbortSignal): Promise<void> {
    return purgeRecords(this.#api, record, signal);
  }

  async #load(record: ReleaseRecord, signal: AbortSignal): Promise<Content> {
    try {
      return await loadContent(this.#api, record, signal);
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      const { namespace } = record.release;
      const { name } = record.newest.secret;
      return { damaged: `${error.message}; helm cannot read it either: remove it with kubectl -n ${namespace} delete secret ${name}` };
    }
  }
}
