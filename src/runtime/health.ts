import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Logger } from "../base/log.ts";
import { messageOf } from "../base/errors.ts";
import { parseBindAddress } from "./bind-address.ts";
import type { Informer } from "./cache/informer.ts";
import type { Metrics } from "./metrics.ts";
import type { KubeObject } from "./object.ts";

/** A small HTTP server. */
export interface Served {
  /** The port it listens on; undefined when it is switched off. */
  readonly port: number | undefined;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Undefined when all is well, otherwise one sentence why not. */
export type Check = () => string | undefined;

/** Which watches do not deliver, and why: the stores behind them may be empty, or stale. */
export const watchTrouble = (informers: readonly Pick<Informer<KubeObject>, "name" | "hasSynced" | "lastError">[]): string | undefined => {
  const ill = informers.filter(({ hasSynced, lastError }) => !hasSynced || lastError !== undefined);
  return ill.length === 0 ? undefined : ill.map(({ name, lastError }) => `watch of ${name}: ${lastError ?? "no first list yet"}`).join("; ");
};

/**
 * `/healthz`: 200 `ok`, because the process answers; nothing else is known that a restart would cure. `/readyz`: 200 `ok`, or 503 and the
 * reason. `address` as {@link parseBindAddress} reads it.
 */
export const serveHealth = (options: { readonly address: string; readonly ready: Check; readonly log: Logger }): Promise<Served> => {
  const checks = new Map<string, Check>([
    ["/healthz", () => undefined],
    ["/readyz", options.ready],
  ]);
  return serve(options.address, options.log, async (path, response) => {
    const check = checks.get(path);
    if (check === undefined) return false;
    const reason = check();
    answer(response, reason === undefined ? 200 : 503, reason ?? "ok");
    return true;
  });
};

/** `/metrics` in the text form of Prometheus. */
export const serveMetrics = (options: {
  readonly address: string;
  readonly metrics: Pick<Metrics, "expose" | "contentType">;
  readonly log: Logger;
}): Promise<Served> =>
  serve(options.address, options.log, async (path, response) => {
    if (path !== "/metrics") return false;
    answer(response, 200, await options.metrics.expose(), options.metrics.contentType);
    return true;
  });

const answer = (response: ServerResponse, status: number, body: string, contentType = "text/plain; charset=utf-8"): void => {
  response.writeHead(status, { "content-type": contentType }).end(`${body.trimEnd()}\n`);
};

/** Answers a path; false when it does not know it. */
type Route = (path: string, response: ServerResponse) => Promise<boolean>;

const serve = async (address: string, log: Logger, route: Route): Promise<Served> => {
  const at = parseBindAddress(address);
  if (at === undefined) return { port: undefined, close: () => Promise.resolve() };
  const server = createServer(listener(log, route));
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
  (log: Logger, route: Route): RequestListener =>
  (request, response) => {
    const reply = async (): Promise<void> => {
      if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "only GET");
      const known = await route((request.url ?? "").replace(/\?.*$/, ""), response);
      if (!known) answer(response, 404, "not found");
    };
    reply().catch((error: unknown) => {
      log.error("cannot answer", { path: request.url, error: messageOf(error) });
      if (!response.headersSent) answer(response, 500, "internal error");
    });
  };

const listen = (server: Server, address: string, at: { readonly host?: string; readonly port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new Error(`Cannot listen on "${address}": ${cause.message}; give a free address, or "0" to switch it off`, { cause })),
    );
    server.listen(at, resolve);
  });
