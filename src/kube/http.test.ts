import { afterEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { systemClock } from "../base/time/clock.ts";
import { ApiError, isApiError } from "../runtime/api.ts";
import { all, sendJson, startApiServer, type Answerer } from "./testing/fake-api-server.ts";
import { KubeHttp } from "./http.ts";

const never = new AbortController().signal;
const cleanups: (() => Promise<void>)[] = [];

const serve = async (answer: Answerer, path = ""): Promise<KubeHttp> => {
  const server = await startApiServer(answer, path);
  const http = new KubeHttp(server.config);
  cleanups.push(server.close, () => http.close());
  return http;
};

const failureOf = async (http: KubeHttp): Promise<ApiError> => {
  const error: unknown = await http.request({ method: "GET", path: "/api" }, never).catch((failure: unknown) => failure);
  if (!isApiError(error)) throw new Error("no ApiError was thrown", { cause: error });
  return error;
};

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

test("a request carries credentials, query, body and content type below the server's path, and asks for no compression", async () => {
  const seen: unknown[] = [];
  const http = await serve(({ method, url, headers, body }, response) => {
    seen.push(
      method,
      url.pathname + url.search,
      headers.authorization,
      headers["content-type"],
      headers["accept-encoding"],
      headers["user-agent"],
      body,
    );
    sendJson(response, 200, { ok: true });
  }, "/k8s/clusters/c-1/");
  const query = { a: "x,y=z", b: undefined };
  const answer = await http.request({ method: "PATCH", path: "/api/v1", query, body: { z: 1 }, contentType: "application/merge-patch+json" }, never);
  expect(answer).toEqual({ ok: true });
  expect(seen).toEqual([
    "PATCH",
    "/k8s/clusters/c-1/api/v1?a=x%2Cy%3Dz",
    "Bearer token-1",
    "application/merge-patch+json",
    undefined,
    "armada-operator",
    { z: 1 },
  ]);
});

const status = (code: number, reason: string, message: string): object => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  code,
  reason,
  message,
});

test.each<[string, number, unknown, Record<string, string>, object]>([
  [
    "a Status says what is wrong",
    404,
    status(404, "NotFound", 'pods "x" not found'),
    {},
    { status: 404, reason: "NotFound", message: 'pods "x" not found' },
  ],
  [
    "a terminating namespace is told from other refusals",
    403,
    { ...status(403, "Forbidden", "no"), details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] } },
    {},
    { status: 403, reason: "NamespaceTerminating", message: "no" },
  ],
  [
    "a quota that is used up is told from other refusals",
    403,
    status(403, "Forbidden", 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'),
    {},
    { status: 403, reason: "QuotaExceeded" },
  ],
  ["Retry-After is milliseconds", 429, status(429, "TooManyRequests", "slow down"), { "retry-after": "7" }, { status: 429, retryAfterMs: 7000 }],
  [
    "the Status's own retryAfterSeconds counts without a header",
    503,
    { ...status(503, "ServiceUnavailable", "later"), details: { retryAfterSeconds: 2 } },
    {},
    { status: 503, reason: "ServiceUnavailable", retryAfterMs: 2000 },
  ],
  ["an answer without Status has the reason of its HTTP status", 502, "<html>", {}, { status: 502, reason: "Unknown" }],
  ["a Conflict stays a Conflict", 409, "taken", {}, { reason: "Conflict", message: 'the API server answered with HTTP status 409: "taken"' }],
])("%s", async (_title, code, body, headers, expected) => {
  const http = await serve((_request, response) => sendJson(response, code, body, headers));
  expect(await failureOf(http)).toMatchObject(expected);
});

test("what may not be written is not sent, as is asked in the moment of sending", async () => {
  const sent: (string | undefined)[] = [];
  const server = await startApiServer(({ method }, response) => {
    sent.push(method);
    sendJson(response, 200, {});
  });
  let mayWrite = true;
  const refusal = new ApiError("Lease ops/x may be another operator's", { status: 0, reason: "NotLeading" });
  const assertMayWrite = (): void => {
    if (!mayWrite) throw refusal;
  };
  const headers = (): Promise<Readonly<Record<string, string>>> => Promise.resolve().then(() => ((mayWrite = false), {}));
  const http = new KubeHttp({ ...server.config, headers }, { assertMayWrite });
  cleanups.push(server.close, () => http.close());
  for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
    mayWrite = true;
    await expect(http.request({ method, path: "/api", body: {} }, never)).rejects.toBe(refusal);
  }
  await http.request({ method: "GET", path: "/api" }, never);
  expect(sent).toEqual(["GET"]);
});

test("what may not be written any more when a connection is free for it is not sent", async () => {
  const held: ServerResponse[] = [];
  const sent: (string | undefined)[] = [];
  const server = await startApiServer(({ method }, response) => {
    sent.push(method);
    held.push(response);
  });
  let mayWrite = true;
  const assertMayWrite = (): void => {
    if (!mayWrite) throw new ApiError("no", { status: 0, reason: "NotLeading" });
  };
  const http = new KubeHttp(server.config, { assertMayWrite });
  cleanups.push(server.close, () => http.close());
  const read = (): Promise<unknown> => http.request({ method: "GET", path: "/api" }, never);
  const reads = Array.from({ length: 32 }, read);
  while (held.length < 32) await systemClock.sleep(5, never);
  const written = expect(http.request({ method: "PATCH", path: "/api", body: {} }, never)).rejects.toMatchObject({ reason: "NotLeading" });
  mayWrite = false;
  for (const response of held.splice(0)) sendJson(response, 200, {});
  await written;
  await Promise.all(reads);
  expect(sent).not.toContain("PATCH");
});

test("a page of a proxy is not taken for an answer", async () => {
  const http = await serve((_request, response) => response.end("<html>log in</html>"));
  expect(await failureOf(http)).toMatchObject({ status: 0, reason: "Unreachable" });
});

test("a connection that breaks is Unreachable and says why", async () => {
  const http = await serve((_request, response) => response.destroy());
  expect(await failureOf(http)).toMatchObject({
    status: 0,
    reason: "Unreachable",
    message: expect.stringMatching(/cannot reach the API server at http.*: other side closed/),
  });
});

test("a server that is not there is Unreachable and the cause is named", async () => {
  const server = await startApiServer(() => undefined);
  await server.close();
  const http = new KubeHttp(server.config);
  cleanups.push(() => http.close());
  expect(await failureOf(http)).toMatchObject({ status: 0, reason: "Unreachable", message: expect.stringContaining("ECONNREFUSED") });
});

test("credentials that cannot be had are named, and no request is sent", async () => {
  const server = await startApiServer(() => undefined);
  const http = new KubeHttp({ ...server.config, headers: () => Promise.reject(new Error("plugin exited with 1")) });
  cleanups.push(server.close, () => http.close());
  expect(await failureOf(http)).toMatchObject({ status: 0, message: "cannot get credentials for the API server: plugin exited with 1" });
});

test("an aborted request rejects with the signal's reason", async () => {
  const stop = new AbortController();
  const http = await serve(() => stop.abort(new Error("stopped")));
  await expect(http.request({ method: "GET", path: "/api" }, stop.signal)).rejects.toThrow("stopped");
});

test.each(["before", "after"])(
  "a request that is aborted %s it is sent does not wait for a server that takes connections and says nothing",
  async (when) => {
    const server = createServer();
    server.on("connection", (socket) => cleanups.push(() => Promise.resolve(void socket.destroy())));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const http = new KubeHttp({ server: `https://127.0.0.1:${String(port)}`, tls: {}, headers: () => Promise.resolve({}) });
    cleanups.push(
      async () => void server.close(),
      () => http.close(),
    );
    const stop = new AbortController();
    const reason = new Error("stopped");
    if (when === "before") stop.abort(reason);
    const connected = when === "before" ? Promise.resolve() : once(server, "connection");
    const failed = http.request({ method: "GET", path: "/api" }, stop.signal).catch((error: unknown) => error);
    await connected;
    stop.abort(reason);
    expect(await Promise.race([failed, systemClock.sleep(2_000, never)])).toBe(reason);
  },
);

test("forty open streams keep no request waiting", async () => {
  const http = await serve(({ url }, response) => {
    if (url.pathname === "/watch") response.write("\n");
    else sendJson(response, 200, { ok: true });
  });
  const stop = new AbortController();
  const streams = await Promise.all(Array.from({ length: 40 }, () => http.stream({ method: "GET", path: "/watch" }, stop.signal)));
  expect(await http.request({ method: "GET", path: "/api" }, never)).toEqual({ ok: true });
  stop.abort(new Error("enough"));
  for (const stream of streams) await expect(all(stream)).rejects.toThrow("enough");
});

test("every answer is told by verb and status, 0 when none came, and nothing of what was aborted", async () => {
  const server = await startApiServer(({ url }, response) => sendJson(response, url.pathname === "/busy" ? 503 : 200, {}));
  const told: unknown[] = [];
  const http = new KubeHttp(server.config, { onAnswer: (verb, code) => told.push([verb, code]) });
  cleanups.push(() => http.close());
  await http.request({ method: "POST", path: "/api", body: {} }, never);
  await http.request({ method: "GET", path: "/busy" }, never).catch(() => undefined);
  for await (const _ of await http.stream({ method: "GET", path: "/api" }, never));
  await http.request({ method: "GET", path: "/api" }, AbortSignal.abort(new Error("no"))).catch(() => undefined);
  await server.close();
  await http.request({ method: "GET", path: "/api" }, never).catch(() => undefined);
  expect(told).toEqual([
    ["POST", 200],
    ["GET", 503],
    ["WATCH", 200],
    ["GET", 0],
  ]);
});
