import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Destination, dialForRequests, proxyAsks, proxyHeaders, shown } from "../net/dial.ts";
import { type EgressProxy, type EgressProxyOptions, Traffic } from "./egress-proxy.ts";
import { notAllowed } from "../errors.ts";
import { closed, listen } from "./loopback.ts";

export interface HttpProxyOptions extends EgressProxyOptions {
  /** `https`: tunnels only. `http`: forwarded requests only. So no redirect leads from one to the other. */
  readonly protocol: "http" | "https";
}

export interface HttpProxy extends EgressProxy {
  /** For git's `http.proxy`, with a secret that only this git command has. */
  readonly url: string;
}

/** An HTTP proxy on loopback through which git reaches one destination and nothing else. */
export const openHttpProxy = async (options: HttpProxyOptions): Promise<HttpProxy> => {
  const traffic = new Traffic(options);
  const token = randomBytes(24).toString("hex");
  const entry = new Entry(traffic, options.protocol, `Basic ${Buffer.from(`git:${token}`).toString("base64")}`);
  const server = createServer((request, response) => void entry.forward(request, response));
  server.on("connect", (request: IncomingMessage, near: Socket) => void entry.tunnel(request, near));
  const port = await listen(server);
  return {
    port,
    url: `http://git:${token}@127.0.0.1:${port}`,
    get refusal() {
      return traffic.refusal;
    },
    get receivedBytes() {
      return traffic.receivedBytes;
    },
    close: async () => {
      traffic.close();
      server.closeAllConnections();
      await closed(server);
    },
  };
};

/** Of one hop only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

class Entry {
  readonly #traffic: Traffic;
  readonly #protocol: "http" | "https";
  readonly #authorization: string;

  constructor(traffic: Traffic, protocol: "http" | "https", authorization: string) {
    this.#traffic = traffic;
    this.#protocol = protocol;
    this.#authorization = authorization;
  }

  async tunnel(request: IncomingMessage, near: Socket): Promise<void> {
    const status = this.#judge(request, "https", request.url ?? "");
    if (status !== 200) return void near.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
    try {
      await this.#traffic.join(near, () => near.write("HTTP/1.1 200 Connected\r\n\r\n"));
    } catch (error) {
      this.#traffic.failed(error);
      near.end("HTTP/1.1 502 Unreachable\r\n\r\n");
    }
  }

  async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? "");
    const place = url === null ? "" : shown({ host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 80 : Number(url.port) });
    const status = url?.protocol === "http:" ? this.#judge(request, "http", place) : 403;
    if (status !== 200 || url === null) return void response.writeHead(status).end();
    try {
      await this.#pass(url, request, response);
    } catch (error) {
      this.#traffic.failed(error);
      if (!response.headersSent) response.writeHead(502);
      response.end();
    }
  }

  #judge(request: IncomingMessage, protocol: "http" | "https", place: string): number {
    if (request.headers["proxy-authorization"] !== this.#authorization) return 407;
    if (protocol === this.#protocol && place.toLowerCase() === shown(this.#traffic.destination)) return 200;
    this.#traffic.refuse(
      notAllowed(
        `the server redirects to ${protocol}://${place}, another host or scheme, which is not followed: use the URL of the repository itself`,
      ),
    );
    return 403;
  }

  async #pass(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { destination, dialOptions, signal } = this.#traffic;
    const { proxy } = dialOptions;
    const far = await dialForRequests(destination, dialOptions, signal);
    this.#traffic.keep(far);
    const headers = { ...passedOn(request), host: hostHeader(destination), connection: "close", ...(proxy === undefined ? {} : proxyHeaders(proxy)) };
    const path = proxy === undefined ? url.pathname + url.search : url.href;
    const sent = httpRequest({ method: request.method, path, headers, createConnection: () => far });
    request.pipe(sent);
    sent.on("error", () => response.destroy());
    sent.on("response", (answer) => {
      if (proxy !== undefined && answer.statusCode === 407) this.#traffic.failed(proxyAsks(proxy));
      response.writeHead(answer.statusCode ?? 502, passedOn(answer));
      answer.on("data", (chunk: Uint8Array) => this.#traffic.count(chunk.byteLength));
      answer.on("error", () => response.destroy());
      answer.pipe(response);
    });
  }
}

const passedOn = (message: IncomingMessage): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(message.headers).filter(([name]) => !HOP_BY_HOP.has(name)));

const hostHeader = (destination: Destination): string => (destination.port === 80 ? shown(destination).replace(/:80$/, "") : shown(destination));
