import { afterEach, expect, it } from "@jest/globals";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { systemClock } from "../../base/time/clock.ts";
import { HttpFetch, type HttpFetchOptions } from "./http-fetch.ts";
import type { Credentials } from "../source.ts";
import { serve, serveBoth, serveProxy, type TestServer } from "../testing/server.ts";
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from "../testing/tls.ts";

const { signal } = new AbortController();
const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const start = async (options: { readonly ca?: string } = {}): Promise<TestServer> => {
  const server = await serve((_, response) => response.end("content"), { ...TEST_SERVER, ...options });
  servers.push(server);
  return server;
};
const read = async (url: string, credentials?: Credentials, more: { readonly proxy?: string; readonly lookup?: HttpFetchOptions["lookup"] } = {}) => {
  const http = new HttpFetch({ clock: systemClock, allowLocalAddresses: true, lookup: more.lookup });
  const { body } = await http.read({ url, what: "the chart", maxBytes: 1000, credentials, proxy: more.proxy }, signal);
  return body.toString();
};
const everywhereHere: HttpFetchOptions["lookup"] = (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]);

it("trusts the authority of the Secret", async () => {
  expect(await read((await start()).url, { ca: TEST_CA })).toBe("content");
});

it.each([
  ["without it", undefined],
  ["with another", { ca: TEST_CLIENT.clientCert }],
])("does not trust the server %s", async (_title, credentials) => {
  await expect(read((await start()).url, credentials)).rejects.toMatchObject({
    reason: "VerificationFailed",
    class: "terminal",
    message: expect.stringContaining("add the CA certificate to the Secret as ca.crt"),
  });
});

it("does not trust a certificate of another name", async () => {
  const { port } = await start();
  const read2 = read(`https://other.example:${port}`, { ca: TEST_CA }, { lookup: everywhereHere });
  await expect(read2).rejects.toMatchObject({ reason: "VerificationFailed", message: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID") });
  expect(await read(`https://charts.example:${port}`, { ca: TEST_CA }, { lookup: everywhereHere })).toBe("content");
});

it("believes anybody only when told so", async () => {
  expect(await read((await start()).url, { insecure: true })).toBe("content");
});

it("shows the client certificate to a server that asks for one", async () => {
  const { url } = await start({ ca: TEST_CA });
  expect(await read(url, { ca: TEST_CA, ...TEST_CLIENT })).toBe("content");
  await expect(read(url, { ca: TEST_CA })).rejects.toMatchObject({ name: "SourceError" });
});

it("says that PEM in the Secret is none, without showing it", async () => {
  const failed = read((await start()).url, { ca: TEST_CA, clientCert: "canary", clientKey: "canary" });
  await expect(failed).rejects.toMatchObject({ reason: "VerificationFailed", class: "terminal", message: expect.not.stringContaining("canary") });
});

it("verifies the server behind a proxy too", async () => {
  const server = await start();
  const proxy = await serveProxy();
  servers.push(proxy);
  expect(await read(server.url, { ca: TEST_CA }, { proxy: proxy.url })).toBe("content");
  expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${server.port}`]);
  await expect(read(server.url, undefined, { proxy: proxy.url })).rejects.toMatchObject({ reason: "VerificationFailed" });
});

it("follows a redirect to another host by https when asked, and leaves everything behind that is the first host's", async () => {
  const other = await start();
  const first = await serve((_, response) => response.writeHead(302, { location: `https://localhost:${other.port}/` }).end(), TEST_SERVER);
  servers.push(first);
  const http = new HttpFetch({ clock: systemClock, allowLocalAddresses: true });
  const request = {
    url: first.url,
    what: "the chart",
    maxBytes: 1000,
    otherHosts: true,
    credentials: { ca: TEST_CA, token: "canary", insecure: true },
  };
  await expect(http.read(request, signal)).rejects.toMatchObject({ reason: "VerificationFailed", message: expect.stringContaining("localhost") });
  const usual = getCACertificates("default");
  setDefaultCACertificates([...usual, TEST_CA]);
  const { body } = await http.read(request, signal).finally(() => setDefaultCACertificates(usual));
  expect([body.toString(), other.requests[0]?.headers.authorization]).toEqual(["content", undefined]);
});

it("says when the server does not speak TLS", async () => {
  const server = await serve((_, response) => response.end());
  servers.push(server);
  await expect(read(server.url.replace("http:", "https:"))).rejects.toMatchObject({ reason: "VerificationFailed", class: "terminal" });
});

it("leaves the credentials behind when it is led to TLS at the very host and port", async () => {
  const secure = await start();
  const plain = await serve((_, response) => response.writeHead(302, { location: `https://127.0.0.1:${both.port}/` }).end());
  servers.push(plain);
  const both = await serveBoth(plain, secure);
  const usual = getCACertificates("default");
  setDefaultCACertificates([...usual, TEST_CA]);
  try {
    const http = new HttpFetch({ clock: systemClock, allowLocalAddresses: true });
    const request = { url: `http://127.0.0.1:${both.port}/`, what: "the chart", maxBytes: 1000, otherHosts: true, credentials: { token: "canary" } };
    expect((await http.read(request, signal)).body.toString()).toBe("content");
  } finally {
    setDefaultCACertificates(usual);
    await both.close();
  }
  expect([plain, secure].map(({ requests }) => requests[0]?.headers.authorization)).toEqual(["Bearer canary", undefined]);
});
