import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ListWatcher, WatchEvent } from "../runtime/api.ts";
import type { KubeObject, Resource } from "../runtime/object.ts";
import { all, sendJson, startApiServer, type Answerer } from "./testing/fake-api-server.ts";
import { KubeHttp } from "./http.ts";
import { listWatch } from "./list-watch.ts";

const secrets: Resource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };
const raw = (name: string, resourceVersion: string): object => ({
  metadata: { name, namespace: "n", uid: `uid-${name}`, resourceVersion, managedFields: [{ manager: "helm" }] },
  data: { secret: "aGVsbG8=" },
});
const cleanMetadata = (name: string, resourceVersion: string): object => ({ name, namespace: "n", uid: `uid-${name}`, resourceVersion });
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const short = (event: WatchEvent<KubeObject>): string =>
  event.type === "BOOKMARK" ? `BOOKMARK ${event.resourceVersion}` : `${event.type} ${event.object.metadata.name}`;

let answer: Answerer;
let http: KubeHttp;
let closeServer: () => Promise<void>;
let stop: AbortController;

beforeEach(async () => {
  const server = await startApiServer((request, response) => answer(request, response));
  closeServer = server.close;
  http = new KubeHttp(server.config);
  stop = new AbortController();
});

afterEach(async () => {
  await http.close();
  await closeServer();
});

/** Writes the parts as chunks of their own: each waits until the one before is on its way. */
const write = async (response: ServerResponse, parts: readonly (string | Uint8Array)[]): Promise<void> => {
  for (const part of parts) await new Promise<void>((resolve, reject) => response.write(part, (error) => (error ? reject(error) : resolve())));
};

const streaming = (parts: readonly (string | Uint8Array)[], end: (response: ServerResponse) => void): Answerer => {
  return (_request, response) => {
    void write(response, parts).then(() => end(response));
  };
};

const collect = async (watcher: ListWatcher<KubeObject>): Promise<readonly string[]> => {
  const events: string[] = [];
  try {
    for await (const event of watcher.watch({ resourceVersion: "7" }, stop.signal)) events.push(short(event));
    events.push("end");
  } catch (error) {
    events.push(String(error));
  }
  return events;
};

test("a list is read page by page; items get the type the list hides and lose managedFields", async () => {
  const urls: string[] = [];
  answer = ({ url }, response) => {
    urls.push(url.pathname + url.search);
    const metadata = url.searchParams.has("continue") ? { resourceVersion: "9", continue: "" } : { resourceVersion: "9", continue: "next page" };
    sendJson(response, 200, { kind: "SecretList", metadata, items: [raw("a", "5")] });
  };
  const watcher = listWatch(http, secrets, { namespace: "n", labelSelector: "owner=helm", fieldSelector: "type=x" });
  const first = await watcher.list({}, stop.signal);
  const last = await watcher.list({ continue: first.continue }, stop.signal);
  expect([first.resourceVersion, first.continue, last.continue]).toEqual(["9", "next page", undefined]);
  expect(first.items).toEqual([
    { apiVersion: "v1", kind: "Secret", metadata: { name: "a", namespace: "n", uid: "uid-a", resourceVersion: "5" }, data: { secret: "aGVsbG8=" } },
  ]);
  expect(urls).toEqual([
    "/api/v1/namespaces/n/secrets?labelSelector=owner%3Dhelm&fieldSelector=type%3Dx&limit=500",
    "/api/v1/namespaces/n/secrets?labelSelector=owner%3Dhelm&fieldSelector=type%3Dx&limit=500&continue=next+page",
  ]);
});

test("metadata only: the body is not asked for, and dropped when it comes all the same", async () => {
  const accepts: (string | undefined)[] = [];
  answer = ({ url, headers }, response) => {
    accepts.push(headers.accept);
    if (url.searchParams.has("watch")) response.end(line("ADDED", { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", ...raw("b", "8") }));
    else sendJson(response, 200, { metadata: { resourceVersion: "7" }, items: [raw("a", "5")] });
  };
  const watcher = listWatch(http, secrets, { metadataOnly: true });
  const { items } = await watcher.list({}, stop.signal);
  const [, added] = await all(watcher.watch({ resourceVersion: "7" }, stop.signal));
  expect(items).toEqual([{ apiVersion: "v1", kind: "Secret", metadata: cleanMetadata("a", "5") }]);
  expect(added).toEqual({ type: "ADDED", object: { apiVersion: "v1", kind: "Secret", metadata: cleanMetadata("b", "8") } });
  expect(accepts).toEqual([
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
  ]);
});

test("a transform decides what is kept", async () => {
  answer = ({ url }, response) => {
    if (url.searchParams.has("watch")) response.end(line("ADDED", raw("b", "8")));
    else sendJson(response, 200, { metadata: { resourceVersion: "7" }, items: [raw("a", "5")] });
  };
  const watcher = listWatch(http, secrets, { transform: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }) });
  const { items } = await watcher.list({}, stop.signal);
  const [, added] = await all(watcher.watch({ resourceVersion: "7" }, stop.signal));
  expect(JSON.stringify([items, added])).not.toContain("aGVsbG8");
});

test("a watch asks for bookmarks, says where it starts, and ends when the server ends it", async () => {
  let search: URLSearchParams | undefined;
  answer = ({ url }, response) => {
    search = url.searchParams;
    response.end(
      line("ADDED", raw("a", "8")) + line("BOOKMARK", { kind: "Secret", metadata: { resourceVersion: "11" } }) + line("DELETED", raw("a", "12")),
    );
  };
  expect(await collect(listWatch(http, secrets, { random: () => 0.5 }))).toEqual(["BOOKMARK 7", "ADDED a", "BOOKMARK 11", "DELETED a", "end"]);
  expect(Object.fromEntries(search ?? [])).toEqual({ watch: "true", allowWatchBookmarks: "true", timeoutSeconds: "450", resourceVersion: "7" });
});

test("events arrive whole however the stream is cut, inside a character too", async () => {
  const bytes = Buffer.from(line("ADDED", raw("käse-🚢", "8")) + line("MODIFIED", raw("käse-🚢", "9")));
  const parts = Array.from(bytes, (byte) => Uint8Array.of(byte));
  answer = streaming(parts, (response) => response.end());
  expect(await collect(listWatch(http, secrets))).toEqual(["BOOKMARK 7", "ADDED käse-🚢", "MODIFIED käse-🚢", "end"]);
});

const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version: 7 (9)" };
const busy = { kind: "Status", code: 429, reason: "TooManyRequests", message: "storage is (re)initializing", details: { retryAfterSeconds: 1 } };

test.each([
  ["an ERROR event", [line("ADDED", raw("a", "8")), line("ERROR", expired)], "end", ["ADDED a", `ApiError: ${expired.message}`]],
  ["a broken line", ["{nonsense\n"], "end", ["ApiError: unexpected response from the API server; check whether a proxy changes it"]],
  ["a broken connection", [line("ADDED", raw("a", "8"))], "destroy", ["ADDED a", "ApiError: cannot reach the API server"]],
] as const)("%s ends it with an error", async (_title, parts, end, events) => {
  answer = streaming(parts, (response) => response[end]());
  const seen = await collect(listWatch(http, secrets));
  expect(seen.map((event) => event.split(" at http", 1)[0])).toEqual(["BOOKMARK 7", ...events]);
});

test.each([
  ["410", 410, expired],
  ["429", 429, busy],
])("%s instead of a stream is that error", async (_title, code, body) => {
  answer = (_request, response) => sendJson(response, code, body);
  const watching = all(listWatch(http, secrets).watch({ resourceVersion: "7" }, stop.signal));
  await expect(watching).rejects.toMatchObject({ status: code, reason: body.reason, retryAfterMs: code === 429 ? 1000 : undefined });
});

test("a silent watch ends with the signal's reason", async () => {
  answer = (_request, response) => response.write("\n");
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of listWatch(http, secrets).watch({ resourceVersion: "7" }, stop.signal)) {
      seen.push(short(event));
      stop.abort(new Error("stopped"));
    }
  })();
  await expect(watching).rejects.toThrow("stopped");
  expect(seen).toEqual(["BOOKMARK 7"]);
});

test("leaving a watch early closes its connection", async () => {
  const closed = Promise.withResolvers<void>();
  answer = (_request, response) => {
    response.on("close", () => closed.resolve());
    response.write(line("ADDED", raw("a", "8")));
  };
  for await (const event of listWatch(http, secrets).watch({ resourceVersion: "7" }, stop.signal)) if (event.type === "ADDED") break;
  await closed.promise;
});
