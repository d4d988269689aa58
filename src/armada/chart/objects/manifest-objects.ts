import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseContent } from "../../../helm/release.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import { listObjects, ManifestError, type ReleaseObject } from "../../readiness/manifest.ts";
import { identityOf, lastOfEach, locator } from "./identity.ts";

/** What a manifest lists, or why that is not looked at. */
export type Listed = readonly ReleaseObject[] | { readonly refused: string };

const list = async (manifest: string): Promise<Listed> => {
  try {
    return await listObjects(manifest);
  } catch (error) {
    if (error instanceof ManifestError) return { refused: error.message };
    throw error;
  }
};

/** What the manifests of releases list. */
export class ManifestObjects {
  readonly #api: ApiClient;
  readonly #parsed = new WeakMap<ReleaseContent, Promise<Listed>>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** The objects of a manifest, each once and where it is; or why they are not looked at. */
  async listed(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<Listed> {
    const placed = await this.#placed(release, content, signal);
    return "refused" in placed ? placed : lastOfEach(placed, (object) => object);
  }

  /** Objects that the manifest has more than once. */
  async repeated(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<readonly ReleaseObject[]> {
    const placed = await this.#placed(release, content, signal);
    if ("refused" in placed) return [];
    const last = lastOfEach(placed, (object) => object);
    const counted = new Set(last);
    const again = new Set(placed.filter((object) => !counted.has(object)).map(identityOf));
    return again.size === 0 ? [] : last.filter((object) => again.has(identityOf(object)));
  }

  /** Parsed once for each content: a manifest of 1 MB takes 40 ms. */
  async #placed(release: ReleaseRef, content: ReleaseContent, signal: AbortSignal): Promise<Listed> {
    const parsing = this.#parsed.get(content) ?? list(content.manifest);
    this.#parsed.set(content, parsing);
    const parsed = await parsing;
    return "refused" in parsed ? parsed : parsed.map(await locator(parsed, release.namespace, this.#api, signal));
  }
}
