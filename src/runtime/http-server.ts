import { createServer as createTlsServer } from "node:https";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { parseBindAddress } from "./bind-address.ts";

/** A small HTTP server. */
export interface Served {
  /** The port it listens on; undefined when it is switched off. */
  readonly port: number | undefined;
  /** Ends open connections too. */
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Default: plain text. */
  readonly contentType?: string;
}

/** Answers a path, without its query; undefined when it does not know it. */
export type Route = (path: string) => Answer | undefined | Promise<Answer | undefined>;

/** Who asks for what. */
export interface Asked {
  readonly path: string;
  /** `get` or `head`. */
  readonly verb: string;
  /** The header. */
  readonly authorization: string | undefined;
}

/** What is answered instead; undefined: let in. */
export type Guard = (asked: Asked) => Promise<Answer | undefined>;

/** Over TLS, to those whom the guard lets in. */
export interface Secured {
  /** In PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly guard: Guard;
}

export interface ServeOptions {
  /** As {@link parseBindAddress} reads it. */
  readonly address: string;
  /** The first that knows a path answers. */
  readonly routes: readonly Route[];
  readonly log: Logger;
  /** Absent: in clear, to everybody. */
  readonly secured?: Secured | undefined;
}

/** Serves GET and HEAD. Rejects with one sentence when it cannot listen. */
export const serve = async ({ address, routes, log, secured }: ServeOptions): Promise<Served> => {
  const at = parseBindAddress(address);
  if (at === undefined) return { port: undefined, close: () => Promise.resolve() };
  const answer = listener(log, routes, secured?.guard);
  const server = secured === undefined ? createServer(answer) : createTlsServer({ ...secured.tls, minVersion: "TLSv1.2" }, answer);
  await listen(server, address, at);
  const bound = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: typeof bound === "object" && bound !== null ? bound.port : undefined, close };
};

const listener =
  (log: Logger, routes: readonly Route[], guard: Guard | undefined): RequestListener =>
  (request, response) => {
    const reply = async (): Promise<void> => {
      if (request.method !== "GET" && request.method !== "HEAD") return send(response, { status: 405, body: "only GET" });
      const path = (request.url ?? "").replace(/\?.*$/, "");
      const refused = await guard?.({ path, verb: request.method.toLowerCase(), authorization: request.headers.authorization });
      send(response, refused ?? (await answerOf(routes, path)));
    };
    reply().catch((error: unknown) => {
      log.error("cannot answer", { path: request.url, error: messageOf(error) });
      if (!response.headersSent) send(response, { status: 500, body: "internal error" });
    });
  };

const answerOf = async (routes: readonly Route[], path: string): Promise<Answer> => {
  for (const route of routes) {
    const answer = await route(path);
    if (answer !== undefined) return answer;
  }
  return { status: 404, body: "not found" };
};

const send = (response: ServerResponse, { status, body, contentType = "text/plain; charset=utf-8" }: Answer): void => {
  response.writeHead(status, { "content-type": contentType }).end(`${body.trimEnd()}\n`);
};

const listen = (server: Server, address: string, at: { readonly host?: string; readonly port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new Error(`Cannot listen on "${address}": ${cause.message}; give a free address, or "0" to switch it off`, { cause })),
    );
    server.listen(at, resolve);
  });
