import { Agent, type Dispatcher } from "undici";
import { abortable } from "../base/time/abortable.ts";
import { parseHolding } from "../base/json/held-json.ts";
import { messageOf } from "../base/errors.ts";
import { ApiError } from "../runtime/api.ts";
import { apiErrorFromAnswer, malformed, unreachable } from "./api-errors.ts";
import type { ClusterConfig } from "./config.ts";

/** The part of a configuration that requests need. */
type Endpoint = Pick<ClusterConfig, "server" | "tls" | "headers">;

/** No answer within this time, or none of its body for as long, is an error. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Watches have connections of their own, one each: they never keep a request waiting. */
const REQUEST_CONNECTIONS = 32;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute, encoded: `/api/v1/namespaces/n/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** User to impersonate. */
  readonly as?: string | undefined;
}

type Answer = Dispatcher.ResponseData;

/** A request of somebody else's, sent on with our credentials. */
export interface ForwardedRequest {
  readonly method: Dispatcher.HttpMethod;
  /** As in {@link HttpRequest}, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** User to impersonate. */
  readonly as?: string | undefined;
}

export interface KubeHttpOptions {
  /** Told of every answer: the HTTP method, `WATCH` for a stream; the HTTP status, 0 when none came. Not told of what was aborted. */
  readonly onAnswer?: (verb: string, status: number) => void;
  /** Throws when nothing may be written; asked at the moment in which a request other than GET is sent. */
  readonly assertMayWrite?: () => void;
}

/** HTTP/1.1 to one API server over long-lived connections. Answers are not compressed: the CPU is worth more than the bytes. */
export class KubeHttp {
  readonly #config: Endpoint;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #requests: Dispatcher;
  readonly #streams: Dispatcher;
  readonly #forwarded: Dispatcher;
  readonly #onAnswer: NonNullable<KubeHttpOptions["onAnswer"]>;

  constructor(config: Endpoint, { onAnswer = () => undefined, assertMayWrite = () => undefined }: KubeHttpOptions = {}) {
    const url = new URL(config.server);
    this.#config = config;
    this.#onAnswer = onAnswer;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, "");
    const connect = { ...config.tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 };
    const common = { allowH2: false, connect, headersTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 30_000 };
    this.#requests = new Agent({ ...common, bodyTimeout: REQUEST_TIMEOUT_MS, connections: REQUEST_CONNECTIONS }).compose(asking(assertMayWrite));
    this.#streams = new Agent({ ...common, bodyTimeout: 0, pipelining: 1 });
    this.#forwarded = new Agent({ ...common, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** The parsed JSON of a 2xx answer. Rejects with {@link ApiError}, or with the signal's reason. */
  async request(request: HttpRequest, signal: AbortSignal): Promise<unknown> {
    const text = await this.text(request, signal);
    try {
      return parseHolding(text, 2);
    } catch (error) {
      throw malformed(error);
    }
  }

  /** The same as it came. */
  text(request: HttpRequest, signal: AbortSignal): Promise<string> {
    return this.#guard(async () => read(await this.#send(this.#requests, request, signal)), signal);
  }

  /** Resolves when the answer has begun; the chunks end when the server ends them, and reject as {@link KubeHttp.request} does. */
  async stream(request: HttpRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#guard(async () => {
      const begun = await this.#send(this.#streams, request, signal);
      if (!isSuccess(begun)) await read(begun);
      return begun;
    }, signal);
    return this.#chunks(answer, signal);
  }

  /**
   * The answer as it comes, refusals too; whoever asks says how long it may take, and is not counted. Rejects with {@link ApiError} when none comes,
   * or with the signal's reason.
   */
  async forward({ method, path, headers, body, as }: ForwardedRequest, signal: AbortSignal): Promise<Answer> {
    const credentials = await this.#credentials(signal);
    const request = { origin: this.#origin, path: `${this.#prefix}${path}`, method, signal, body: body ?? null };
    return this.#guard(
      () => abortable(this.#forwarded.request({ ...request, headers: { ...headers, ...credentials, ...impersonating(as) } }), signal),
      signal,
    );
  }

  /** Ends everything that is under way. */
  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#streams.destroy(), this.#forwarded.destroy()]);
  }

  async *#chunks(answer: Answer, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks: AsyncIterator<Uint8Array> = answer.body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#guard(() => chunks.next(), signal);
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      answer.body.on("error", () => undefined).destroy();
    }
  }

  async #send(agent: Dispatcher, { method, path, query, body, contentType, accept, as }: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, value);
    const credentials = await this.#credentials(signal);
    signal.throwIfAborted();
    const answer = agent.request({
      origin: this.#origin,
      path: `${this.#prefix}${path}${search.size === 0 ? "" : `?${search.toString()}`}`,
      method,
      signal,
      headers: {
        ...credentials,
        accept: accept ?? "application/json",
        "user-agent": "armada-operator",
        ...impersonating(as),
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    // undici heeds a signal once it has a connection, and a server that hangs gives none.
    return this.#counted(agent === this.#streams ? "WATCH" : method, abortable(answer, signal), signal);
  }

  async #counted(verb: string, answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    try {
      const { statusCode } = await answer;
      this.#onAnswer(verb, statusCode);
    } catch {
      if (!signal.aborted) this.#onAnswer(verb, 0);
    }
    return answer;
  }

  async #credentials(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    try {
      return await this.#config.headers(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new ApiError(`cannot get credentials for the API server: ${messageOf(error)}`, { status: 0, reason: "Unreachable", cause: error });
    }
  }

  async #guard<T>(step: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await step();
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ApiError ? error : unreachable(this.#config.server, error);
    }
  }
}

const impersonating = (user: string | undefined): Readonly<Record<string, string>> => (user === undefined ? {} : { "impersonate-user": user });

/** A request may have waited for a connection, and the process may have been stopped meanwhile: what counts is when its first byte is sent. */
const asking =
  (assertMayWrite: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(
      options,
      options.method === "GET"
        ? handler
        : {
            onRequestStart: (controller, context: unknown) => {
              handler.onRequestStart?.(controller, context);
              assertMayWrite();
            },
            onResponseStart: (controller, ...rest) => handler.onResponseStart?.(controller, ...rest),
            onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
            onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
            onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
          },
    );

const isSuccess = (answer: Answer): boolean => answer.statusCode >= 200 && answer.statusCode < 300;

const read = async (answer: Answer): Promise<string> => {
  const text = await answer.body.text();
  if (isSuccess(answer)) return text;
  const retryAfter = answer.headers["retry-after"];
  throw apiErrorFromAnswer(answer.statusCode, text, typeof retryAfter === "string" ? retryAfter : undefined);
};
