import type { Clock } from "../../base/time/clock.ts";
import type { ApiClient } from "../../runtime/api.ts";
import type { ReleaseLabels, Values } from "../driver.ts";
import type { ReleaseContent, ReleaseRecord, ReleaseRecords, ReleaseStatus } from "../release.ts";
import { adaptManifest, loadContent, loadRelease, omitObjects, purgeRecords, relabelRelease, relabelStatus, unlockRelease } from "./body.ts";
import { CostlyRecordError, DamagedRecordError, hooksManifest } from "./encoding.ts";
import { madeFrom } from "./stored-inputs.ts";

const sizeOf = (content: Content): number => (content === undefined || "damaged" in content ? 0 : content.manifest.length);

type Content = ReleaseContent | { readonly damaged: string } | undefined;

/** Decoded records kept, and characters of their manifests, which are the bulk of their size. */
const REMEMBERED = { records: 200, characters: 64 * 2 ** 20 };

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
    this.#makeRoom();
    return content;
  }

  async hooksRunning(record: ReleaseRecord, signal: AbortSignal): Promise<readonly string[]> {
    const stored = await loadContent(this.#api, record, signal);
    return stored?.hooksRunning ?? [];
  }

  async hooks(record: ReleaseRecord, signal: AbortSignal): Promise<string> {
    const release = await loadRelease(this.#api, record, signal);
    return release === undefined ? "" : hooksManifest(release);
  }

  async unlock(record: ReleaseRecord, description: string, signal: AbortSignal): Promise<void> {
    await unlockRelease(this.#api, record, { description, nowMs: this.#clock.now() }, signal);
  }

  adapt(record: ReleaseRecord, options: Parameters<ReleaseRecords["adapt"]>[1], signal: AbortSignal): Promise<readonly string[]> {
    return adaptManifest(this.#api, record, options, signal);
  }

  async omit(record: ReleaseRecord, isOut: Parameters<ReleaseRecords["omit"]>[1], signal: AbortSignal): Promise<void> {
    await omitObjects(this.#api, record, isOut, signal);
  }

  async madeFrom(
    record: ReleaseRecord,
    { chartPath, values }: { readonly chartPath: string; readonly values: Values },
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

  #makeRoom(): void {
    let characters = [...this.#known.values()].reduce((sum, content) => sum + sizeOf(content), 0);
    for (const [oldest, content] of this.#known) {
      if (this.#known.size <= REMEMBERED.records && characters <= REMEMBERED.characters) break;
      characters -= sizeOf(content);
      this.#known.delete(oldest);
    }
  }

  async #load(record: ReleaseRecord, signal: AbortSignal): Promise<Content> {
    try {
      return await loadContent(this.#api, record, signal);
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      const { namespace } = record.release;
      const { name } = record.newest.secret;
      const why = error instanceof CostlyRecordError ? "" : "helm cannot read it either: ";
      return { damaged: `${error.message}; ${why}remove it with kubectl -n ${namespace} delete secret ${name}` };
    }
  }
}
