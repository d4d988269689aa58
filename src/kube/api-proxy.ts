import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../base/errors.ts";
import type { ForwardedRequest, KubeHttp } from "./http.ts";

/** A request that a client makes, read to its end. */
export interface ProxiedRequest {
  readonly method: ForwardedRequest["method"];
  /** Without its query. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A process that asks the API server by way of this one. */
export interface ProxyClient {
  /** As whom; undefined: as this process. */
  readonly as: string | undefined;
  /** One sentence why a request is not sent on; undefined: it is. */
  readonly refuse: (request: ProxiedRequest, signal: AbortSignal) => Promise<string | undefined>;
}

/** The API server on loopback, for child processes that have no credentials of their own. */
export interface ApiProxy {
  readonly url: string;
  /** Lets a client in until it is closed, which asks as if to impersonate a user of the name of the token. */
  admit(client: ProxyClient): { readonly token: string; readonly close: () => void };
  close(): Promise<void>;
}

export interface ApiProxyOptions {
  readonly http: Pick<KubeHttp, "forward">;
}

/**
 * The token is the user that a client asks to impersonate: over plain HTTP client-go sends no other credentials. On loopback TLS would guard against
 * nobody but those who may read the memory of both, at a fifth of the CPU of a helm run.
 */
const TOKEN = "impersonate-user";
/** More than the API server takes. */
const MAX_BODY_BYTES = 16 * 2 ** 20;
/** Longer than a client of Go keeps a connection that it does not use: one that ends while a request is on its way fails that request. */
const IDLE_MS = 120_000;

/** Listens on a free port of loopback. What a client asks goes on with the credentials of `http`, what is answered comes back as it is. */
export const openApiProxy = async ({ http }: ApiProxyOptions): Promise<ApiProxy> => {
  const clients = new Map<string, ProxyClient>();
  const server = createServer({ keepAliveTimeout: IDLE_MS }, (request, response) => {
    void answer(request, response, { http, clientOf: (token) => clients.get(token) }).catch(() => response.destroy());
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host: "127.0.0.1", port: 0 }, resolve);
  await listening;
  const at = server.address();
  return {
    url: `http://127.0.0.1:${String(typeof at === "object" ? at?.port : at)}`,
    admit: (client) => {
      const token = randomBytes(32).toString("base64url");
      clients.set(token, client);
      return { token, close: () => void clients.delete(token) };
    },
    close: async () => {
      clients.clear();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
};

interface Answering {
  readonly http: ApiProxyOptions["http"];
  readonly clientOf: (token: string) => ProxyClient | undefined;
}

const answer = async (request: IncomingMessage, response: ServerResponse, { http, clientOf }: Answering): Promise<void> => {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("whoever asked has gone")));
  const token = request.headers[TOKEN];
  const client = typeof token === "string" ? clientOf(token) : undefined;
  if (client === undefined) return deny(response, 401, "Unauthorized", "the token is not valid, or not any more");
  const { url = "" } = request;
  const method = methodOf(request);
  if (method === undefined) return deny(response, 405, "MethodNotAllowed", `${request.method ?? ""} is not sent on`);
  const body = await bodyOf(request);
  if (body === undefined) return deny(response, 413, "RequestEntityTooLarge", "the request is too large");
  const asked = { method, path: url.replace(/\?.*$/, ""), contentType: request.headers["content-type"] ?? "", body };
  const refusal = await client.refuse(asked, gone.signal);
  if (refusal !== undefined) return deny(response, 403, "Forbidden", refusal);
  const forwarded = { method, path: url, headers: headersOf(request), body: body.length === 0 ? undefined : body, as: client.as };
  const answered = await http.forward(forwarded, gone.signal).catch((error: unknown) => {
    gone.signal.throwIfAborted();
    // The words of client-go, which whoever reads them knows as a server that is away.
    deny(response, 503, "ServiceUnavailable", `the server is currently unable to handle the request: ${messageOf(error)}`);
    return undefined;
  });
  if (answered === undefined) return;
  response.writeHead(answered.statusCode, Object.fromEntries(Object.entries(answered.headers).filter(([name]) => !OF_THE_CONNECTION.has(name))));
  await pipeline(answered.body, response);
};

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const methodOf = ({ method }: IncomingMessage): (typeof METHODS)[number] | undefined => METHODS.find((each) => each === method);

const bodyOf = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer) || (bytes += chunk.byteLength) > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
};

/** Neither who asks, nor as whom: that is said here. */
const SENT_ON = ["accept", "accept-encoding", "content-type", "if-none-match", "user-agent"];
const OF_THE_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding", "trailer", "upgrade"]);

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    SENT_ON.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );

const deny = (response: ServerResponse, code: number, reason: string, message: string): void => {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(status));
};
