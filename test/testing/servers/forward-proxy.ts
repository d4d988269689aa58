import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { listen } from "../../../src/sources/git/loopback.ts";
import { stop } from "./git-server.ts";

/** An HTTP proxy on loopback: absolute requests are forwarded, CONNECT is tunnelled. */
export interface ForwardProxy {
  readonly url: string;
  /** What it was asked for: `GET http://…`, `CONNECT host:port`. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** `authorization`: the only value of `Proxy-Authorization` that is let in. */
export const serveForwardProxy = async (authorization: string): Promise<ForwardProxy> => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    if (request.headers["proxy-authorization"] !== authorization) return void response.writeHead(407).end();
    const passed = httpRequest(request.url ?? "", { method: request.method, headers: request.headers }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers));
    });
    request.pipe(passed);
    return undefined;
  });
  server.on("connect", (request, near) => {
    asked.push(`CONNECT ${request.url ?? ""}`);
    if (request.headers["proxy-authorization"] !== authorization) return void near.end("HTTP/1.1 407 No\r\n\r\n");
    const [host, port] = (request.url ?? "").split(":");
    const far = connect(Number(port), host, () => {
      near.write("HTTP/1.1 200 OK\r\n\r\n");
      far.pipe(near).pipe(far);
    });
    far.on("error", () => near.destroy());
    near.once("close", () => far.destroy()).on("error", () => undefined);
    return undefined;
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, asked, close: () => stop(server) };
};
