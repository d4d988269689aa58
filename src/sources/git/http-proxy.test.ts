import { afterEach, expect, test } from "@jest/globals";
import type { RequestListener } from "node:http";
import { systemClock } from "../../base/time/clock.ts";
import { BytesInFlight, FREE_BYTES } from "./bounds.ts";
import { openHttpProxy, type HttpProxy } from "./http-proxy.ts";
import { HttpFetch } from "../net/http-fetch.ts";
import { serve, type TestServer } from "../testing/server.ts";

const { signal } = new AbortController();
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const start = async (listener: RequestListener): Promise<TestServer> => {
  const server = await serve(listener);
  ends.push(() => server.close());
  return server;
};
const open = async ({ port }: TestServer, more: { readonly maxBytes?: number; readonly inFlight?: BytesInFlight } = {}): Promise<HttpProxy> => {
  const { maxBytes = 2 ** 20, inFlight = new BytesInFlight(2 ** 30) } = more;
  const common = { maxBytes, inFlight, allowLocalAddresses: true, connectTimeoutMs: 5_000, clock: systemClock };
  const egress = await openHttpProxy({ ...common, protocol: "http", destination: { host: "127.0.0.1", port } });
  ends.push(() => egress.close());
  return egress;
};
/** As git would, by the egress proxy. */
const ask = (url: string, proxy: string): Promise<string> =>
  new HttpFetch({ clock: systemClock, allowLocalAddresses: true }).read({ url, proxy, what: "git", maxBytes: 2 ** 30 }, signal).then(
    ({ body }) => body.toString().slice(0, 10),
    ({ message }: Error) => message,
  );

test("the egress proxy lets the one who has its secret to its one place", async () => {
  const server = await start((_, response) => response.end("refs"));
  const egress = await open(server);
  expect(await ask(`${server.url}/x`, egress.url)).toBe("refs");
  expect([egress.refusal, egress.receivedBytes]).toEqual([undefined, 4]);
});

test.each([
  ["none", (url: string) => url.replace(/git:[^@]*@/, "")],
  ["another", (url: string) => url.replace(/git:[^@]*@/, "git:guessed@")],
])("the egress proxy lets nobody in with %s of its secret", async (_, spoil) => {
  const server = await start((_request, response) => response.end("refs"));
  const egress = await open(server);
  expect(await ask(`${server.url}/x`, spoil(egress.url))).toContain("407");
  expect(server.asked).toEqual([]);
});

test("the egress proxy leads nowhere else, and says where somebody wanted to go", async () => {
  const [server, other] = [await start((_, response) => response.end("refs")), await start((_, response) => response.end("secret"))];
  const egress = await open(server);
  expect(await ask(`${other.url}/x`, egress.url)).toContain("403");
  expect(other.asked).toEqual([]);
  expect(egress.refusal).toMatchObject({
    reason: "NotAllowed",
    message: expect.stringContaining(`the server redirects to http://127.0.0.1:${other.port}, another host`),
  });
});

test("the egress proxy ends what is too much, and lets others have what it took of the common room", async () => {
  const server = await start((_, response) => response.end(Buffer.alloc(FREE_BYTES + 2_000_000)));
  const inFlight = new BytesInFlight(3_000_000);
  const egress = await open(server, { maxBytes: FREE_BYTES + 1_000_000, inFlight });
  expect(await ask(`${server.url}/x`, egress.url)).not.toMatch(/^\0/);
  expect(egress.refusal).toMatchObject({ reason: "TooLarge", class: "terminal" });
  await egress.close();
  expect(inFlight.take(3_000_000)).toBe(true);
});

test("the egress proxy ends what is too much for the common room, for a while", async () => {
  const server = await start((_, response) => response.end(Buffer.alloc(FREE_BYTES + 2_000_000)));
  const egress = await open(server, { maxBytes: FREE_BYTES + 4_000_000, inFlight: new BytesInFlight(1_000) });
  await ask(`${server.url}/x`, egress.url);
  expect(egress.refusal).toMatchObject({ reason: "TooLarge", class: "transient" });
});
