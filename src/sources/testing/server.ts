import { createServer as createPlain, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTls } from "node:https";
import { connect, createServer as createTcp, type Socket } from "node:net";

/** A server on loopback that remembers what it was asked. */
export interface TestServer {
  /** `http://127.0.0.1:port`, without a slash. */
  readonly url: string;
  readonly port: number;
  /** `GET /path` of each request, in order. */
  readonly asked: string[];
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

export const serve = (
  listener: RequestListener,
  tls?: { readonly key: string; readonly cert: string; readonly ca?: string },
): Promise<TestServer> => {
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];
  const listen: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    requests.push(request);
    listener(request, response);
  };
  const server = tls === undefined ? createPlain(listen) : createTls({ ...tls, requestCert: tls.ca !== undefined }, listen);
  return started(server, { scheme: tls === undefined ? "http" : "https", asked, requests });
};

/** A proxy: absolute-form requests for http, CONNECT for the rest. */
export const serveProxy = (options: { readonly authorization?: string } = {}): Promise<TestServer> => {
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];
  const denied = (request: IncomingMessage): boolean =>
    options.authorization !== undefined && request.headers["proxy-authorization"] !== options.authorization;
  const server = createPlain((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    requests.push(request);
    response.statusCode = denied(request) ? 407 : 200;
    response.end(denied(request) ? "" : "by proxy");
  });
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    requests.push(request);
    if (denied(request)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  return started(server, { scheme: "http", asked, requests });
};

const started = async (
  server: Server,
  { scheme, asked, requests }: Pick<TestServer, "asked" | "requests"> & { readonly scheme: string },
): Promise<TestServer> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `${scheme}://127.0.0.1:${port}`, port, asked, requests, close };
};

/** One port for both: who begins with TLS is led to `secure`. */
export const serveBoth = async (plain: TestServer, secure: TestServer): Promise<{ readonly port: number; close(): Promise<void> }> => {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket.on("error", () => socket.destroy()));
    socket.once("data", (first) => {
      const upstream = connect((first[0] === TLS_HANDSHAKE ? secure : plain).port, "127.0.0.1");
      sockets.add(upstream.on("error", () => socket.destroy()));
      upstream.write(first);
      socket.pipe(upstream).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { port: typeof address === "object" && address !== null ? address.port : 0, close };
};

const TLS_HANDSHAKE = 0x16;
