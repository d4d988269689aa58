import { createHash } from "node:crypto";
import { abortable } from "../../base/time/abortable.ts";
import type { HttpAccess, HttpAnswer, Sink } from "../net/http-request.ts";
import type { HttpFetch } from "../net/http-fetch.ts";
import { cacheTrouble } from "../place.ts";
import type { RawCache } from "./raw.ts";
import type { Remembered } from "./remembered.ts";
import { SharedReads } from "./shared-reads.ts";
import { digestMismatch } from "../errors.ts";

export interface DownloadRequest extends HttpAccess {
  readonly url: string;
  /** How messages name it, without secrets. */
  readonly what: string;
  /** As for `HttpFetch`: only for content that the caller compares with a digest. */
  readonly otherHosts?: boolean | undefined;
  /** Default, and at most, what one archive may have. */
  readonly maxBytes?: number | undefined;
}

/** Content of a place that the caller has just been let into, e.g. a layer of a manifest. */
export interface KnownContent {
  /** {@link placeKey} of the place with the digest. */
  readonly key: string;
  readonly digest: string;
  readonly what: string;
}

export interface DownloadsOptions {
  readonly http: HttpFetch;
  readonly raw: RawCache;
  readonly maxBytes?: number;
  /** Ends what is being fetched. A caller's own signal does not: others may wait for the same. */
  readonly signal: AbortSignal;
  /** Told of each call that did not have to transfer the content. */
  readonly onSpared?: (() => void) | undefined;
}

/**
 * Files fetched into the cache. The server is asked every time, so that what it would refuse is not had from the cache either; it answers 304 when
 * nothing has changed. Callers that want the same at the same time share the request.
 */
export class Downloads {
  readonly #http: HttpFetch;
  readonly #raw: RawCache;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal;
  readonly #onSpared: () => void;
  readonly #shared = new SharedReads<string>();

  constructor({ http, raw, maxBytes = 50 * 2 ** 20, signal, onSpared = () => undefined }: DownloadsOptions) {
    this.#signal = signal;
    this.#http = http;
    this.#raw = raw;
    this.#maxBytes = maxBytes;
    this.#onSpared = onSpared;
  }

  /** Digest of the content, which is then in the cache: `sha256:…`. Rejects with `SourceError`. */
  async fetch(request: DownloadRequest, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const { url, proxy, credentials, otherHosts } = request;
    return this.#share(JSON.stringify([url, proxy, credentials, otherHosts]), () => this.#fetch(request, this.#signal), signal);
  }

  /**
   * Content whose digest is known: fetched by `get` unless it came from that very place before.
   * Rejects with `SourceError`, also when what comes is something else.
   */
  async fetchKnown(content: KnownContent, get: (sink: Sink, signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#share(content.key, () => this.#fetchKnown(content, (sink) => get(sink, this.#signal)), signal);
  }

  /** `work` is not run for a caller who comes while it runs for another. */
  async #share(key: string, work: () => Promise<Fetched>, signal: AbortSignal): Promise<string> {
    let transferred = false;
    const told = async (): Promise<string> => {
      const fetched = await work();
      transferred = fetched.transferred;
      return fetched.digest;
    };
    const digest = await abortable(this.#shared.read(key, told), signal);
    if (!transferred) this.#onSpared();
    return digest;
  }

  async #fetchKnown({ key, digest, what }: KnownContent, get: (sink: Sink) => Promise<unknown>): Promise<Fetched> {
    if ((await this.#raw.recall(key)) !== undefined) return { digest, transferred: false };
    const came = await keepIn(
      this.#raw,
      async (sink) => {
        await get(sink);
        return true;
      },
      digest,
    );
    if (came !== digest) throw digestMismatch(`${what} does not match its digest: received ${came} instead of ${digest}`);
    await this.#remember(key, { digest });
    return { digest, transferred: true };
  }

  async #fetch(request: DownloadRequest, signal: AbortSignal): Promise<Fetched> {
    const key = placeKey(request);
    const known = await this.#raw.recall(key);
    let answer: HttpAnswer | undefined;
    const digest = await keepIn(this.#raw, async (sink) => {
      const maxBytes = Math.min(request.maxBytes ?? this.#maxBytes, this.#maxBytes);
      const raisedBy = maxBytes === this.#maxBytes ? "--max-chart-size" : undefined;
      const conditional = { ...request, headers: conditionsOf(known), answers: known === undefined ? [] : [304], maxBytes, raisedBy };
      answer = await this.#http.fetch(conditional, sink, signal);
      return answer.status === 200;
    });
    if (digest === undefined) return known === undefined ? unasked(request) : { digest: known.digest, transferred: false };
    await this.#remember(key, { digest, etag: answer?.headers["etag"], lastModified: answer?.headers["last-modified"] });
    return { digest, transferred: true };
  }

  #remember(key: string, what: Remembered): Promise<void> {
    return this.#raw.remember(key, what).catch((error: unknown) => {
      throw cacheTrouble(error);
    });
  }
}

interface Fetched {
  readonly digest: string;
  /** It came over the network now. */
  readonly transferred: boolean;
}

/** {@link RawCache.keep}; troubles with the disk become errors that say so. */
export const keepIn = async (raw: RawCache, fill: (sink: Sink) => Promise<boolean>, expected?: string): Promise<string | undefined> => {
  let filling: Promise<boolean> | undefined;
  try {
    return await raw.keep((sink) => {
      const guarded: Sink = async (chunk) => {
        try {
          await sink(chunk);
        } catch (error) {
          throw cacheTrouble(error);
        }
      };
      filling = fill(guarded);
      return filling;
    }, expected);
  } catch (error) {
    await filling;
    throw cacheTrouble(error);
  }
};

/**
 * Under which name a place is remembered. By what way it is reached counts, because a proxy of somebody's could say "not modified" for what only
 * others may have; who asks does not, because the server is asked each time. No secret goes into it.
 */
export const placeKey = ({ url, proxy, credentials }: HttpAccess & { readonly url: string }): string => {
  const bare = URL.canParse(url) ? new URL(url) : undefined;
  if (bare !== undefined) bare.username = bare.password = "";
  const way = [bare?.href ?? "", proxy ?? "", credentials?.ca ?? "", credentials?.insecure === true];
  return createHash("sha256").update(JSON.stringify(way)).digest("hex");
};

/** HttpFetch refuses a 304 that nobody asked for. */
const unasked = ({ what }: DownloadRequest): never => {
  throw new Error(`the server says that ${what} is not modified, but it is not in the cache`);
};

const conditionsOf = (known: Remembered | undefined): Readonly<Record<string, string>> => ({
  ...(known?.etag === undefined ? {} : { "if-none-match": known.etag }),
  ...(known?.lastModified === undefined ? {} : { "if-modified-since": known.lastModified }),
});
