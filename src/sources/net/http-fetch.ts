import type { Dispatcher } from "undici";
import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { refuseLocalLiteral } from "./address-guard.ts";
import { type ConnectOptions, dispatcherFor } from "./http-connect.ts";
import { take, REDIRECTS } from "./http-answer.ts";
import { requestError } from "./http-errors.ts";
import { authorizationOf, getOf, redirected, type HttpAnswer, type HttpRequest, type Sink } from "./http-request.ts";
import { parseProxy } from "./proxy.ts";
import { parseUrl, userInfoOf } from "./remote-url.ts";
import { notAllowed, timedOut } from "../errors.ts";

export interface HttpFetchOptions extends Partial<ConnectOptions> {
  readonly clock: Clock;
  /** For the whole of one fetch, redirects included. Default five minutes. */
  readonly timeoutMs?: number;
  /** Told of every piece of a body that came. */
  readonly onReceived?: ((bytes: number) => void) | undefined;
}

const MAX_REDIRECTS = 5;
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

interface Hop {
  readonly request: HttpRequest;
  readonly url: URL;
  /** It is still the host that the request names. */
  readonly home: boolean;
  readonly userInfo: ReturnType<typeof userInfoOf>;
}
