import type { IncomingMessage, ServerResponse } from "node:http";
import { serve, type TestServer } from "../../../src/sources/testing/server.ts";

export type Answer = string | Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void);

/** Static files over HTTP. */
export interface FileServer extends TestServer {
  /** Path, without the slash → what it holds. */
  readonly files: Map<string, Answer>;
}

/** `authorization`: the only values of that header that are let in. `tls` with `ca`: who has a certificate of that authority is let in. */
export const serveFiles = async ({
  authorization,
  tls,
}: {
  readonly authorization?: readonly string[];
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
} = {}): Promise<FileServer> => {
  const files = new Map<string, Answer>();
  const server = await serve((request, response) => {
    const answer = files.get(decodeURIComponent(request.url?.slice(1) ?? ""));
    const allowed = authorization === undefined || authorization.includes(request.headers.authorization ?? "");
    if (!allowed) response.writeHead(401, { "www-authenticate": 'Basic realm="files"' }).end();
    else if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === "function") answer(request, response);
    else response.writeHead(200).end(answer);
  }, tls);
  return { ...server, files };
};

export const redirectTo =
  (location: string): Answer =>
  (_request, response) =>
    void response.writeHead(302, { location }).end();

export const basic = (username: string, password: string): string => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
