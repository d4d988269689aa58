import { afterEach, describe, expect, it } from "@jest/globals";
import type { RequestListener, ServerResponse } from "node:http";
import { systemClock } from "../../base/time/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { HttpFetch, type HttpFetchOptions } from "./http-fetch.ts";
import type { HttpRequest } from "./http-request.ts";
import { serve, serveProxy, type TestServer } from "../testing/server.ts";

const { signal } = new AbortController();
const servers: TestServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close()))));

const start = async (listener: RequestListener): Promise<TestServer> => {
  const server = await serve(listener);
  servers.push(server);
  return server;
};
const http = (options: Partial<HttpFetchOptions> = {}) => new HttpFetch({ clock: systemClock, allowLocalAddresses: true, ...options });
const read = (url: string, more: Partial<HttpRequest> = {}, options: Partial<HttpFetchOptions> = {}) =>
  http(options).read({ url, what: "the chart", maxBytes: 1000, ...more }, signal);
const rejects = (promise: Promise<unknown>, expected: object): Promise<void> => expect(promise).rejects.toMatchObject(expected);

describe("HttpFetch", () => {
  it("hands over the body of a 200, and says what it asked for", async () => {
    const server = await start((_, response) => response.end("content"));
    const { body, status } = await read(`${server.url}/a%20b?c=d#e`, { headers: { accept: "x/y" } });
    expect([status, body.toString()]).toEqual([200, "content"]);
    expect(server.asked).toEqual(["GET /a%20b?c=d"]);
    expect(server.requests[0]?.headers).toMatchObject({ accept: "x/y", "accept-encoding": "identity", "user-agent": "armada-operator" });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["user and password", { username: "me", password: "p:w" }, "", `Basic ${btoa("me:p:w")}`],
    ["a token, before a password", { username: "me", password: "pw", token: "tok" }, "", "Bearer tok"],
    ["what the URL says", undefined, "me:p%40w@", `Basic ${btoa("me:p@w")}`],
    ["the Secret before the URL", { username: "a", password: "b" }, "me:pw@", `Basic ${btoa("a:b")}`],
  ])("authenticates by %s", async (_title, credentials, userInfo, expected) => {
    const server = await start((_, response) => response.end());
    await read(server.url.replace("//", `//${userInfo}`), { credentials });
    expect(server.requests[0]?.headers.authorization).toBe(expected);
  });

  it("follows redirects on the same host, with the credentials", async () => {
    const server = await start((request, response) => {
      if (request.url === "/end") response.end("here");
      else response.writeHead(302, { location: request.url === "/" ? "/next?x=1" : "end" }).end();
    });
    expect((await read(`${server.url}/`, { credentials: { token: "t" } })).body.toString()).toBe("here");
    expect(server.asked).toEqual(["GET /", "GET /next?x=1", "GET /end"]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer t", "Bearer t", "Bearer t"]);
  });

  it("follows redirects elsewhere only to https, only when asked, and never with the credentials", async () => {
    const other = await start((_, response) => response.end("elsewhere"));
    const server = await start((_, response) => response.writeHead(307, { location: `${other.url}/secret?token=canary` }).end());
    await rejects(read(server.url), {
      reason: "NotAllowed",
      message: `the chart redirects to ${other.url}/secret: redirects to another host or scheme are not followed; use that address if you trust it`,
    });
    await rejects(read(server.url, { otherHosts: true }), { reason: "NotAllowed" });
    expect(other.asked).toEqual([]);
  });

  it("does not take another scheme at the same host and port for the same place", async () => {
    const server = await start((_, response) => response.writeHead(302, { location: `https://127.0.0.1:${server.port}/` }).end());
    const message = expect.stringContaining(`redirects to https://127.0.0.1:${server.port}/: redirects to another host or scheme`);
    await rejects(read(server.url, { credentials: { token: "canary" } }), { reason: "NotAllowed", message });
    expect(server.asked).toEqual(["GET /"]);
  });

  it.each([
    ["another scheme", "https://127.0.0.1/", "another host or scheme"],
    ["a file", "file:///etc/passwd", "another host or scheme"],
    ["nowhere", undefined, "redirects without a valid Location header"],
    ["itself, for ever", "/", "redirects more than 5 times"],
  ])("does not follow a redirect to %s", async (_title, location, message) => {
    const server = await start((_, response) => response.writeHead(301, location === undefined ? {} : { location }).end());
    await rejects(read(server.url), { reason: "NotAllowed", class: "terminal", message: expect.stringContaining(message) });
    expect(server.asked.length).toBeLessThanOrEqual(6);
  });

  it.each([
    [401, "Unauthorized", "terminal", "reference a Secret"],
    [403, "Unauthorized", "terminal", "reference a Secret"],
    [404, "NotFound", "terminal", "correct the address"],
    [410, "NotFound", "terminal", "correct the address"],
    [400, "Unreadable", "terminal", "instead of 200"],
    [204, "Unreadable", "terminal", "instead of 200"],
    [206, "Unreadable", "terminal", "instead of 200"],
    [304, "Unreadable", "terminal", "instead of 200"],
    [429, "Unreachable", "transient", "will be retried"],
    [500, "Unreachable", "transient", "HTTP 500"],
    [503, "Unreachable", "transient", "HTTP 503"],
  ])("takes HTTP %d for %s", async (status, reason, kind, message) => {
    const server = await start((_, response) => response.writeHead(status).end());
    await rejects(read(server.url), { reason, class: kind, message: expect.stringContaining(message) });
  });

  it("says to correct credentials that were given", async () => {
    const server = await start((_, response) => response.writeHead(401).end());
    await rejects(read(server.url, { credentials: { username: "me", password: "canary" } }), {
      message: "the chart is refused by the server (HTTP 401): correct the credentials in its Secret",
    });
  });

  it("returns another status that was asked for, without its body", async () => {
    const server = await start((_, response) => response.writeHead(401, { "www-authenticate": "Bearer" }).end("body"));
    const answer = await read(server.url, { answers: [401] });
    expect([answer.status, answer.headers["www-authenticate"], answer.body.byteLength]).toEqual([401, "Bearer", 0]);
  });

  it.each<[string, (response: ServerResponse) => void, string, string]>([
    ["announces too much", (response) => response.writeHead(200, { "content-length": "1001" }).write("x"), "TooLarge", "has 1001 bytes"],
    ["sends without end", (response) => endless(response), "TooLarge", "has more than 1000 bytes"],
    ["sends less than announced", (response) => cut(response, { "content-length": "9" }), "Unreadable", "closed the connection early"],
    ["ends in the middle of a chunk", (response) => cut(response, {}), "Unreadable", "closed the connection early"],
    ["ends without an answer", (response) => response.socket?.destroy(), "Unreadable", "closed the connection early"],
    ["is silent", () => undefined, "TimedOut", "did not respond in time"],
    ["falls silent", (response) => response.writeHead(200).write("x"), "TimedOut", "did not respond in time"],
    ["speaks something else", (response) => response.socket?.end("220 mail.example ESMTP\r\n\r\n"), "Unreachable", "sent an unexpected response"],
    [
      "sends endless headers",
      (response) => response.socket?.write(`HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(20_000)}`),
      "Unreachable",
      "HEADERS_OVERFLOW",
    ],
  ])("refuses a server that %s", async (_title, behave, reason, message) => {
    const server = await start((_, response) => behave(response));
    await rejects(read(server.url, {}, { idleTimeoutMs: 300 }), { reason, message: expect.stringContaining(message) });
  });

  it("gives up when the whole takes too long, although every part comes in time", async () => {
    const clock = new ManualClock();
    const server = await start((_, response) => response.writeHead(200).write("x"));
    const got = Promise.withResolvers<void>();
    const fetched = http({ clock, timeoutMs: 5000 }).fetch({ url: server.url, what: "the chart", maxBytes: 10 }, () => got.resolve(), signal);
    const refused = rejects(fetched, { reason: "TimedOut", class: "transient", message: expect.stringContaining("longer than 5 s") });
    await got.promise;
    await clock.advance(5000);
    await refused;
  });

  it("ends with the reason of the signal", async () => {
    const abort = new AbortController();
    const server = await start(() => abort.abort(new Error("no longer wanted")));
    await expect(http().read({ url: server.url, what: "x", maxBytes: 1 }, abort.signal)).rejects.toThrow("no longer wanted");
  });

  it("says who takes no connection", async () => {
    const server = await serve(() => undefined);
    await server.close();
    await rejects(read(server.url), {
      reason: "Unreachable",
      class: "transient",
      message: `the chart cannot be fetched: cannot connect to 127.0.0.1:${server.port} (ECONNREFUSED); it will be retried`,
    });
  });

  it("keeps secrets out of messages", async () => {
    const server = await start((_, response) => response.writeHead(302, { location: `http://user:canary@other.example/x?key=canary#canary` }).end());
    const secrets = { username: "me", password: "canary", token: "canary", ca: "canary", clientKey: "canary" };
    const errors = await Promise.all([
      read(`${server.url.replace("//", "//me:canary@")}/?k=canary`, { credentials: secrets }).catch(messageOf),
      read(server.url, { proxy: "http://me:canary@127.0.0.1:1" }).catch(messageOf),
      read(server.url, { proxy: "socks5://me:canary@127.0.0.1:1" }).catch(messageOf),
      read("ftp://me:canary@127.0.0.1:1").catch(messageOf),
    ]);
    for (const error of errors) expect(error).toEqual(expect.not.stringContaining("canary"));
  });
});

const endless = (response: ServerResponse): void => {
  const more = (): void => {
    while (!response.destroyed && response.write("x".repeat(100)));
  };
  response.on("drain", more);
  more();
};

const cut = (response: ServerResponse, headers: Record<string, string>): void => {
  response.writeHead(200, headers).write("x", () => response.socket?.destroy());
};

describe("HttpFetch, where it connects to", () => {
  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:PORT/",
    "http://0x7f.1:PORT/",
    "http://2130706433:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
  ])("refuses %s without connecting", async (url) => {
    const server = await start((_, response) => response.end("metadata"));
    const message = expect.stringMatching(
      /^the chart: \S+ is a loopback, link-local or cloud metadata address: it is allowed only with --allow-local-addresses$/,
    );
    await rejects(read(url.replace("PORT", String(server.port)), {}, { allowLocalAddresses: false }), {
      reason: "NotAllowed",
      class: "terminal",
      message,
    });
    expect(server.asked).toEqual([]);
  });

  it("refuses a name that leads there", async () => {
    const server = await start((_, response) => response.end("metadata"));
    const lookup: HttpFetchOptions["lookup"] = (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]);
    await rejects(read(`http://charts.example:${server.port}/`, {}, { allowLocalAddresses: false, lookup }), {
      reason: "NotAllowed",
      message: `the chart: charts.example:${server.port} resolves to 127.0.0.1, which is a loopback, link-local or cloud metadata address: it is allowed only with --allow-local-addresses`,
    });
    expect(server.asked).toEqual([]);
  });

  it("refuses localhost as the system knows it", async () => {
    const server = await start((_, response) => response.end("metadata"));
    await rejects(read(`http://localhost:${server.port}/`, {}, { allowLocalAddresses: false }), { reason: "NotAllowed" });
    expect(server.asked).toEqual([]);
  });

  it("connects to the address it has judged: a name is looked up once", async () => {
    const server = await start((_, response) => response.end("content"));
    let lookups = 0;
    const lookup: HttpFetchOptions["lookup"] = (_name, _options, callback) => {
      lookups += 1;
      callback(null, [{ address: "127.0.0.1", family: 4 }]);
    };
    expect((await read(`http://charts.example:${server.port}/`, {}, { lookup })).body.toString()).toBe("content");
    expect(lookups).toBe(1);
  });

  it("says when no address is known", async () => {
    const lookup: HttpFetchOptions["lookup"] = (_name, _options, callback) => callback(Object.assign(new Error("no"), { code: "ENOTFOUND" }), []);
    await rejects(read("http://charts.example/", {}, { lookup }), {
      reason: "Unreachable",
      message: "the chart cannot be fetched: cannot resolve charts.example (ENOTFOUND): correct the host name, or the operator's DNS",
    });
  });

  it.each([
    "http://",
    "http:/x y",
    " http://a.example/",
    "http://a.example/\n",
    "//a.example",
    "-o",
    "--upload-pack=x",
    "ext::sh",
    "file:///etc",
    "ftp://a.example/",
    "http://a.example\\@b.example/",
    "",
  ])("does not take %j for a URL", async (url) => {
    await rejects(read(url), { reason: "NotAllowed", class: "terminal" });
  });
});

describe("HttpFetch by way of a proxy", () => {
  const proxy = async (options: { readonly authorization?: string } = {}): Promise<TestServer> => {
    const server = await serveProxy(options);
    servers.push(server);
    return server;
  };

  it("asks the proxy, which resolves the name, with the user and password of its URL", async () => {
    const server = await proxy({ authorization: `Basic ${btoa("me:pw")}` });
    const url = server.url.replace("//", "//me:pw@");
    expect((await read("http://charts.invalid/x.tgz", { proxy: url })).body.toString()).toBe("by proxy");
    expect(server.asked).toEqual(["GET http://charts.invalid/x.tgz"]);
  });

  it.each(["http://charts.invalid/", "https://charts.invalid/"])("says that the proxy requires credentials (%s)", async (url) => {
    const server = await proxy({ authorization: "Basic x" });
    await rejects(read(url, { proxy: server.url }), { reason: "Unauthorized", class: "terminal", message: expect.stringContaining("HTTP 407") });
  });

  it("judges the address of the proxy, and literals behind it", async () => {
    const server = await proxy();
    await rejects(read("http://charts.invalid/", { proxy: server.url }, { allowLocalAddresses: false }), { reason: "NotAllowed" });
    await rejects(read("http://169.254.169.254/", { proxy: "http://proxy.invalid" }, { allowLocalAddresses: false }), { reason: "NotAllowed" });
    expect(server.asked).toEqual([]);
  });

  it("takes host:port for a proxy, and a password with a percent sign as it stands", async () => {
    const server = await proxy({ authorization: `Basic ${btoa("me:50%zz")}` });
    const place = `me:50%zz@127.0.0.1:${server.port}`;
    for (const url of [place, `http://${place}`]) expect((await read("http://charts.invalid/", { proxy: url })).body.toString()).toBe("by proxy");
    await rejects(read("https://charts.invalid/", { proxy: place }), { reason: expect.not.stringContaining("Unauthorized") });
  });

  it.each(["socks5://127.0.0.1:1", "http://", "-x", "a b", "http://a\\b", "http://--output=x", "http://a\nb"])(
    "does not take %j for a proxy",
    async (url) => {
      await rejects(read("http://a.example/", { proxy: url }), { reason: "NotAllowed", message: expect.stringContaining("source.proxy_server") });
    },
  );
});
