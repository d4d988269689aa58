import type { Dispatcher } from "undici";
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { refuseLocalLiteral } from "./address-guard.ts";
import { type ConnectOptions, dispatcherFor } from "./http-connect.ts";
import { requestError, statusError } from "./http-errors.ts";
import { parseProxy } from "./proxy.ts";
import { parseUrl, redactUrl, userInfoOf } from "./remote-url.ts";
import type { Credentials } from "../source.ts";
import { notAllowed, type SourceError, timedOut, tooLarge, unreadable } from "../errors.ts";

export interface HttpFetchOptions extends Partial<ConnectOptions> {
  readonly clock: Clock;
  /** For the whole of one fetch, redirects included. Default five minutes. */
  readonly timeoutMs?: number;
  /** Told of every piece of a body that came. */
  readonly onReceived?: ((bytes: number) => void) | undefined;
}

/** By what way, and as whom. `username`, `password`, `token`, `ca`, `clientCert`, `clientKey` and `insecure` count. */
export interface HttpAccess {
  readonly proxy?: string | undefined;
  readonly credentials?: Credentials | undefined;
}

export interface HttpRequest extends HttpAccess {
  /** http or https; userinfo counts as credentials when there are no others. */
  readonly url: string;
  /** How messages name what is fetched, without secrets: `source.location "…"`. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly maxBytes: number;
  /** A flag of the operator, for the message. */
  readonly raisedBy?: string | undefined;
  /** Statuses that are an answer beside 200; their bodies are not read. */
  readonly answers?: readonly number[] | undefined;
  /** Redirects to other hosts are followed if they are https; credentials stay behind. Only for content whose digest is known, and for signatures. */
  readonly otherHosts?: boolean | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes the content piece by piece. */
export type Sink = (chunk: Uint8Array) => void | Promise<void>;

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The one way to the network for charts over HTTP. Rejects with {@link SourceError}, or with the signal's reason. */
export class HttpFetch {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #connect: ConnectOptions;
  readonly #onReceived: (bytes: number) => void;

  constructor({
    clock,
    timeoutMs = 300_000,
    onReceived = () => undefined,
    allowLocalAddresses = false,
    lookup,
    connectTimeoutMs = 10_000,
    idleTimeoutMs = 30_000,
  }: HttpFetchOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onReceived = onReceived;
    this.#connect = { allowLocalAddresses, lookup, connectTimeoutMs, idleTimeoutMs };
  }

  /** GET. Hands the body of a 200 to `sink`; a body that is cut off, or longer than `maxBytes`, rejects. */
  async fetch(request: HttpRequest, sink: Sink, signal: AbortSignal): Promise<HttpAnswer> {
    const reason = timedOut(`${request.what} took longer than ${this.#timeoutMs / 1000} s to fetch; it will be retried`);
    return withDeadline({ clock: this.#clock, ms: this.#timeoutMs, reason }, (bounded) => this.#follow(request, sink, bounded), signal);
  }

  /** As {@link HttpFetch.fetch}, for what is small. */
  async read(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer & { readonly body: Buffer }> {
    const chunks: Uint8Array[] = [];
    const answer = await this.fetch(request, (chunk) => void chunks.push(chunk), signal);
    return { ...answer, body: Buffer.concat(chunks) };
  }

  async #follow(request: HttpRequest, sink: Sink, signal: AbortSignal): Promise<HttpAnswer> {
    const first = parseUrl(request.url, ["http:", "https:"], request.what);
    let url = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const answer = await this.#once({ request, url, home: url.origin === first.origin, userInfo: userInfoOf(first) }, sink, signal);
      if (!REDIRECTS.has(answer.status)) return answer;
      url = redirected(request, url, answer.headers["location"]);
    }
    throw notAllowed(`${request.what} redirects more than ${MAX_REDIRECTS} times: use the final address`);
  }

  async #once({ request, url, home, userInfo }: Hop, sink: Sink, signal: AbortSignal): Promise<HttpAnswer> {
    const proxy = parseProxy(request.proxy);
    const credentials = home ? request.credentials : undefined;
    let dispatcher: Dispatcher | undefined;
    try {
      for (const { hostname } of proxy === undefined ? [url] : [proxy, url]) refuseLocalLiteral(hostname, this.#connect);
      dispatcher = dispatcherFor({ proxy, credentials }, this.#connect);
      const authorization = home ? authorizationOf(credentials, userInfo) : undefined;
      const answer = await dispatcher.request({ ...getOf(request, url, authorization), signal });
      return await take(request, answer, { sink, onReceived: this.#onReceived, authenticated: authorization !== undefined });
    } catch (error) {
      signal.throwIfAborted();
      throw requestError(request.what, proxy === undefined ? url.host : `${url.host} by way of the proxy ${proxy.host}`, error);
    } finally {
      await dispatcher?.destroy().catch(() => undefined);
    }
  }
}

const getOf = (request: HttpRequest, url: URL, authorization: string | undefined): Dispatcher.RequestOptions => {
  const headers = { "user-agent": "armada-operator", "accept-encoding": "identity", ...request.headers };
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: "GET",
    headers: authorization === undefined ? headers : { ...headers, authorization },
  };
};

interface Hop {
  readonly request: HttpRequest;
  readonly url: URL;
  /** It is still the host that the request names. */
  readonly home: boolean;
  readonly userInfo: ReturnType<typeof userInfoOf>;
}

const authorizationOf = (credentials: Credentials | undefined, userInfo: Hop["userInfo"]): string | undefined => {
  if (credentials?.token !== undefined) return `Bearer ${credentials.token}`;
  const named = credentials?.username === undefined && credentials?.password === undefined ? userInfo : credentials;
  return named === undefined ? undefined : `Basic ${Buffer.from(`${named.username ?? ""}:${named.password ?? ""}`, "utf8").toString("base64")}`;
};

/** Same host and scheme; `otherHosts` allows any https. */
const redirected = (request: HttpRequest, from: URL, location: string | undefined): URL => {
  const refuse = (sentence: string): SourceError => notAllowed(`${request.what} ${sentence}`);
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse("redirects without a valid Location header: use the final address");
  const to = new URL(location, from);
  if (to.origin === from.origin) return to;
  if (request.otherHosts === true && to.protocol === "https:") return to;
  throw refuse(`redirects to ${redactUrl(to.href)}: redirects to another host or scheme are not followed; use that address if you trust it`);
};

interface Taking {
  readonly sink: Sink;
  readonly onReceived: (bytes: number) => void;
  readonly authenticated: boolean;
}

const take = async (request: HttpRequest, response: Dispatcher.ResponseData, { authenticated, ...taking }: Taking): Promise<HttpAnswer> => {
  const { statusCode: status, headers, body } = response;
  // A body that is not read any further fails when its connection is destroyed, and nobody listens then.
  body.on("error", () => undefined);
  const answer = { status, headers: flatten(headers) };
  if (status === 200) await takeBody(request, Number(answer.headers["content-length"] ?? Number.NaN), body, taking);
  else if (!REDIRECTS.has(status) && request.answers?.includes(status) !== true) throw statusError(request.what, status, authenticated);
  return answer;
};

/** `announced`: bytes, or NaN. */
const takeBody = async (
  request: HttpRequest,
  announced: number,
  body: AsyncIterable<Uint8Array>,
  { sink, onReceived }: Pick<Taking, "sink" | "onReceived">,
): Promise<void> => {
  if (announced > request.maxBytes) throw tooLong(request, `${announced} bytes`);
  let received = 0;
  for await (const chunk of body) {
    received += chunk.byteLength;
    onReceived(chunk.byteLength);
    if (received > request.maxBytes) throw tooLong(request, `more than ${request.maxBytes} bytes`);
    await sink(chunk);
  }
  if (Number.isNaN(announced) || received === announced) return;
  throw unreadable(`${request.what} is truncated: received ${received} of ${announced} bytes; it will be retried`);
};

const flatten = (headers: Dispatcher.ResponseData["headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

const tooLong = ({ what, maxBytes, raisedBy }: HttpRequest, size: string): SourceError => {
  const remedy = raisedBy === undefined ? "make it smaller" : "make it smaller or raise the limit";
  const limit = raisedBy === undefined ? String(maxBytes) : `${maxBytes} (${raisedBy})`;
  return tooLarge(`${what} has ${size}, the limit is ${limit}: ${remedy}`);
};
