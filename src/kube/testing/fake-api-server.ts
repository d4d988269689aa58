import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ClusterConfig } from "../config.ts";

/** What a test's server does with one request; `body` is the parsed JSON, or undefined. */
export type Answerer = (
  request: { readonly method: string; readonly url: URL; readonly headers: IncomingMessage["headers"]; readonly body: unknown },
  response: ServerResponse,
) => void;

const bearer = (): Promise<Readonly<Record<string, string>>> => Promise.resolve({ authorization: "Bearer token-1" });

/** For tests: a real HTTP server on loopback that answers as told, and the configuration that leads to it. */
export const startApiServer = async (
  answer: Answerer,
  path = "",
): Promise<{ readonly config: Pick<ClusterConfig, "server" | "namespace" | "tls" | "headers">; readonly close: () => Promise<void> }> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const url = new URL(request.url ?? "/", "http://server");
      answer({ method: request.method ?? "", url, headers: request.headers, body }, response);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return {
    config: { server: `http://127.0.0.1:${port}${path}`, namespace: "default", tls: {}, headers: bearer },
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
};

/** Answers with JSON. */
export const sendJson = (response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

/** Everything an iterable gives until it ends. */
export const all = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
