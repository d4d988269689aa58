import { createHash } from "node:crypto";
import { isRecord } from "../../base/json/json.ts";
import type { HttpAnswer, HttpRequest, Sink } from "../net/http-request.ts";
import type { HttpFetch } from "../net/http-fetch.ts";
import { statusError } from "../net/http-errors.ts";
import { type BearerChallenge, parseChallenge } from "./challenge.ts";
import { mayShowLogin } from "./realm.ts";
import { DIGEST, type OciReference, registryLogin } from "./reference.ts";
import { ANSWER_LIMITS, refuseCostly } from "../parse-cost.ts";
import { parseUrl, quote, redactUrl } from "../net/remote-url.ts";
import type { Credentials, RegistryLogin } from "../source.ts";
import { digestMismatch, type SourceError, tooLarge, unauthorized } from "../errors.ts";

export interface OciAccess {
  readonly proxy?: string | undefined;
  readonly credentials?: Credentials | undefined;
  /** The registry speaks plain HTTP. */
  readonly plainHttp: boolean;
  /** How messages name the chart. */
  readonly what: string;
}

/** A manifest as it came. */
export interface RawManifest {
  readonly digest: string;
  readonly text: string;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const TOKEN_BYTES = 2 ** 20;
const MAX_TAG_PAGES = 100;
const MAX_TAGS = 20_000;

/** One repository of a registry, as one user, for one fetch: what it is asked first is asked twice if the registry wants to know who asks. */
export class OciRepository {
  readonly #http: HttpFetch;
  readonly #reference: OciReference;
  readonly #access: OciAccess;
  /** Once the registry has said what it wants. */
  #authorized: Credentials | undefined;

  constructor(http: HttpFetch, reference: OciReference, access: OciAccess) {
    this.#http = http;
    this.#reference = reference;
    this.#access = access;
  }

  /**
   * Compared with the digest that was asked for, or that the registry states.
   * @returns undefined when there is none.
   */
  async manifest(reference: string, signal: AbortSignal): Promise<RawManifest | undefined> {
    const { answer, body } = await this.#read(`manifests/${reference}`, { maxBytes: ANSWER_LIMITS.bytes, headers: { accept: MANIFEST } }, signal);
    if (answer.status === 404) return undefined;
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    const stated = DIGEST.test(reference) ? reference : answer.headers["docker-content-digest"];
    if (stated === undefined || !stated.startsWith("sha256:") || stated === digest) return { digest, text: body.toString("utf8") };
    throw digestMismatch(`${this.#access.what}: the manifest does not match its digest: received ${digest} instead of ${stated}`);
  }

  /** Every tag, in the registry's order. */
  async tags(signal: AbortSignal): Promise<readonly string[]> {
    const tags: string[] = [];
    let path: string | undefined = "tags/list";
    for (let pages = 0; path !== undefined && pages < MAX_TAG_PAGES; pages++) {
      const { answer, body } = await this.#read(path, { maxBytes: ANSWER_LIMITS.bytes, headers: { accept: "application/json" } }, signal);
      if (answer.status === 404) return tags;
      for (const tag of tagsIn(body.toString("utf8"))) tags.push(tag);
      if (tags.length > MAX_TAGS) throw tooManyTags(this.#access.what);
      path = this.#nextPage(answer.headers["link"]);
    }
    return tags;
  }

  /** Registries keep blobs elsewhere and redirect there: the caller compares the digest. */
  async blob(digest: string, maxBytes: number, sink: Sink, signal: AbortSignal): Promise<void> {
    await this.#get(`blobs/${digest}`, { maxBytes, otherHosts: true }, sink, signal);
  }

  /** In memory, compared with the digest. */
  async smallBlob(digest: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    await this.blob(digest, maxBytes, (chunk) => void chunks.push(chunk), signal);
    const bytes = Buffer.concat(chunks);
    const came = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (came === digest) return bytes;
    throw digestMismatch(`${this.#access.what} does not match its digest: received ${came} instead of ${digest}`);
  }

  async #read(path: string, request: Partial<HttpRequest> & { readonly maxBytes: number }, signal: AbortSignal) {
    const chunks: Uint8Array[] = [];
    const answer = await this.#get(path, { ...request, answers: [404] }, (chunk) => void chunks.push(chunk), signal);
    const body = Buffer.concat(chunks);
    refuseCostly(body, ANSWER_LIMITS, `${this.#access.what}: a response of the registry`);
    return { answer, body };
  }

  async #get(path: string, request: Partial<HttpRequest> & { readonly maxBytes: number }, sink: Sink, signal: AbortSignal): Promise<HttpAnswer> {
    const { what, proxy, plainHttp } = this.#access;
    const url = `${plainHttp ? "http" : "https"}://${this.#reference.host}/v2/${this.#reference.repository}/${path}`;
    const ask = (credentials: Credentials, answers: readonly number[]): Promise<HttpAnswer> =>
      this.#http.fetch({ ...request, url, what, proxy, credentials, answers: [...(request.answers ?? []), ...answers] }, sink, signal);
    if (this.#authorized !== undefined) return ask(this.#authorized, []);
    const first = await ask(this.#anonymous(), [401]);
    if (first.status !== 401) return first;
    this.#authorized = await this.#authorize(first.headers["www-authenticate"], signal);
    return ask(this.#authorized, []);
  }

  /** What proves nothing yet but the certificate; a token of the Secret is used as it is. */
  #anonymous(): Credentials {
    return { ...this.#access.credentials, username: undefined, password: undefined };
  }

  async #authorize(header: string | undefined, signal: AbortSignal): Promise<Credentials> {
    const { what, credentials } = this.#access;
    const login = this.#login();
    const challenge = credentials?.token === undefined ? parseChallenge(header) : undefined;
    if (challenge?.scheme === "bearer") return { ...this.#anonymous(), token: await this.#token(challenge, login, signal) };
    if (challenge?.scheme === "basic" && login !== undefined) return { ...this.#anonymous(), ...login, token: undefined };
    throw statusError(what, 401, login !== undefined || credentials?.token !== undefined);
  }

  #login(): RegistryLogin | undefined {
    const { credentials, plainHttp } = this.#access;
    const found = registryLogin(credentials?.registries, this.#reference);
    if (found !== undefined && (!plainHttp || found.tlsOnly !== true)) return found;
    const { username, password } = credentials ?? {};
    return username === undefined && password === undefined ? undefined : { username: username ?? "", password: password ?? "" };
  }

  async #token({ realm, service }: BearerChallenge, login: RegistryLogin | undefined, signal: AbortSignal): Promise<string> {
    const { what, proxy, plainHttp, credentials } = this.#access;
    const asker = `${what}: the token service of the registry`;
    const url = parseUrl(realm, plainHttp ? ["https:", "http:"] : ["https:"], `${asker}, ${quote(redactUrl(realm))},`);
    const bound = { registry: this.#reference, plainHttp, registries: credentials?.registries };
    if (login !== undefined && !mayShowLogin(url, { ...bound, login })) throw unboundRealm(asker, url, this.#reference);
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", `repository:${this.#reference.repository}:pull`);
    const own = { ...this.#anonymous(), ...login, token: undefined };
    const { body } = await this.#http.read({ url: url.href, what: asker, proxy, credentials: own, maxBytes: TOKEN_BYTES }, signal);
    const token = tokenIn(body.toString("utf8"));
    if (token !== undefined) return token;
    throw unauthorized(`${asker} returned no token`);
  }

  /** `Link: </v2/…/tags/list?last=x&n=100>; rel="next"`: only the query counts, so that it leads nowhere else. */
  #nextPage(link: string | undefined): string | undefined {
    const query = /<[^<>?]*\?(?<query>[^<>]*)>\s*;\s*rel="?next"?/.exec(link ?? "")?.groups?.["query"];
    return query === undefined ? undefined : `tags/list?${new URLSearchParams(query).toString()}`;
  }
}

const parse = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const content: unknown = JSON.parse(text);
    return isRecord(content) ? content : {};
  } catch {
    return {};
  }
};

const tagsIn = (text: string): readonly string[] => {
  const { tags } = parse(text);
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
};

const unboundRealm = (asker: string, { host }: URL, registry: OciReference): SourceError =>
  unauthorized(
    `${asker} is ${host}, but the credentials are for ${registry.host}: if you trust ${host}, add it with the same user and password to .dockerconfigjson of the Secret`,
  );

const tooManyTags = (what: string): SourceError => tooLarge(`${what} has more than ${MAX_TAGS} tags: select one with source.reference`);

const tokenIn = (text: string): string | undefined => {
  const { token, access_token: other } = parse(text);
  return [token, other].flatMap((found) => (typeof found === "string" && /^[\x21-\x7e]+$/.test(found) ? [found] : []))[0];
};
