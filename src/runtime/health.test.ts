import { afterEach, expect, test } from "@jest/globals";
import { silentLogger } from "../base/log.ts";
import { parseBindAddress } from "./bind-address.ts";
import { healthRoute, metricsRoute, passTrouble, watchTrouble, type Check } from "./health.ts";
import { serve, type Served } from "./http-server.ts";
import { MetricsRegistry, runtimeMetrics } from "./metrics.ts";

const open: Served[] = [];
afterEach(() => Promise.all(open.splice(0).map((served) => served.close())));

const served = async (ready: Check, live: Check = () => undefined, address = "127.0.0.1:0"): Promise<Served> => {
  const server = await serve({ address, routes: [healthRoute({ live, ready })], log: silentLogger });
  open.push(server);
  return server;
};
const health = (ready: string | undefined, address = "127.0.0.1:0") => served(() => ready, undefined, address);
const get = async ({ port }: Served, path: string, method = "GET") => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return `${response.status} ${await response.text()}`;
};

test.each([
  ["/healthz", undefined, "200 ok\n"],
  ["/healthz?verbose", "no cache yet", "200 ok\n"],
  ["/readyz", "no cache yet", "503 no cache yet\n"],
  ["/readyz", undefined, "200 ok\n"],
  ["/", undefined, "404 not found\n"],
])("%s, ready %j, answers %j", async (path, ready, expected) => {
  expect(await get(await health(ready), path)).toBe(expected);
});

test("/healthz answers 503 when a restart would help, whether it is ready or not", async () => {
  const server = await served(
    () => undefined,
    () => "act-controller: no pass has ended for 10 min",
  );
  expect(await get(server, "/healthz")).toBe("503 act-controller: no pass has ended for 10 min\n");
  expect(await get(server, "/readyz")).toBe("200 ok\n");
});

test("only reading is answered", async () => {
  expect(await get(await health(undefined), "/healthz", "POST")).toBe("405 only GET\n");
});

test("a check that throws is an internal error, and the server goes on", async () => {
  const server = await served(() => {
    throw new Error("secret detail");
  });
  expect(await get(server, "/readyz")).toBe("500 internal error\n");
  expect(await get(server, "/healthz")).toBe("200 ok\n");
});

test.each([
  ["all deliver", [], undefined],
  ["one has not begun", [{ hasSynced: false, lastError: undefined }], "watch of w0: no first list yet"],
  [
    "one is refused, one broke later, one is well",
    [
      { hasSynced: false, lastError: "secrets is forbidden" },
      { hasSynced: true, lastError: undefined },
      { hasSynced: true, lastError: "cannot reach the API server" },
    ],
    "watch of w0: secrets is forbidden; watch of w2: cannot reach the API server",
  ],
])("the trouble of watches when %s", (_, informers, expected) => {
  expect(watchTrouble(informers.map((informer, index) => ({ name: `w${String(index)}`, ...informer })))).toBe(expected);
});

test.each([
  ["none is silent", [0, 0], undefined],
  ["one is silent, but not for long", [599_999, 0], undefined],
  ["one is silent for long", [0, 600_000], "c1: no pass has ended for 10 min"],
  ["all are", [660_000, 7_200_000], "c0: no pass has ended for 11 min; c1: no pass has ended for 120 min"],
])("the trouble of passes when of two controllers %s", (_, silent, expected) => {
  const controllers = silent.map((ms, index) => ({ name: `c${String(index)}`, silentMs: () => ms }));
  expect(passTrouble(controllers, 600_000)).toBe(expected);
});

test("/metrics gives the text of Prometheus", async () => {
  const registry = new MetricsRegistry("test");
  runtimeMetrics(registry).eventsDropped.inc();
  const server = await serve({ address: "127.0.0.1:0", routes: [metricsRoute(registry)], log: silentLogger });
  open.push(server);
  expect(await get(server, "/metrics")).toContain("\ntest_events_dropped_total 1\n");
});

test("0 serves nothing", async () => {
  expect((await health(undefined, "0")).port).toBeUndefined();
});

test("a taken address is one sentence", async () => {
  const { port } = await health(undefined);
  await expect(health(undefined, `127.0.0.1:${port}`)).rejects.toThrow(
    /^Cannot listen on "127\.0\.0\.1:\d+": .*EADDRINUSE.*; give a free address, or "0" to switch it off$/,
  );
});

test.each([
  ["0", undefined],
  [":8081", { port: 8081 }],
  ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
  ["[::1]:8081", { host: "::1", port: 8081 }],
  ["localhost:8081", { host: "localhost", port: 8081 }],
])("parseBindAddress(%j) is %j", (text, address) => {
  expect(parseBindAddress(text)).toEqual(address);
});

test.each(["", "8081", ":", "::1:8081", "a b:1", ":65536", "http://x:1"])("parseBindAddress(%j) throws one sentence", (text) => {
  expect(() => parseBindAddress(text)).toThrow(
    `"${text}" is not an address to listen on: give HOST:PORT, :PORT for all interfaces, or 0 to switch it off`,
  );
});
