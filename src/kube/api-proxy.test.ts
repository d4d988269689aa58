import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import { Agent, request } from "undici";
import { openApiProxy, type ApiProxy, type ProxyClient } from "./api-proxy.ts";
import { KubeHttp } from "./http.ts";
import { sendJson, startApiServer, type Answerer } from "./testing/fake-api-server.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const dispatcher = new Agent();

afterAll(() => dispatcher.close());

const open = async (answer: Answerer): Promise<{ readonly proxy: ApiProxy; readonly server: { close(): Promise<void> } }> => {
  const server = await startApiServer(answer, "/below");
  const http = new KubeHttp(server.config);
  const proxy = await openApiProxy({ http });
  cleanups.push(
    server.close,
    () => http.close(),
    () => proxy.close(),
  );
  return { proxy, server };
};

const everything: ProxyClient = { as: undefined, refuse: () => Promise.resolve(undefined) };

interface Ask {
  readonly path?: string;
  readonly method?: "GET" | "POST" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const ask = async (proxy: ApiProxy, token: string, { path = "/api/v1/pods", headers, ...more }: Ask = {}) => {
  const answer = await request(`${proxy.url}${path}`, { ...more, dispatcher, headers: { ...headers, "impersonate-user": token } });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
};

test("a request goes on with our credentials, as the client's account, and the answer comes back with its warnings", async () => {
  const seen: unknown[] = [];
  const { proxy } = await open(({ method, url, headers, body }, response) => {
    seen.push({ method, path: url.pathname + url.search, body, ...headers });
    sendJson(response, 409, { reason: "AlreadyExists" }, { warning: '299 - "deprecated"', "retry-after": "1" });
  });
  const { token } = proxy.admit({ ...everything, as: "system:serviceaccount:a:b" });
  const headers = {
    "content-type": "application/json",
    authorization: "Bearer other",
    "impersonate-group": "system:masters",
    "user-agent": "Helm/3",
  };
  const answer = await ask(proxy, token, { method: "POST", path: "/api/v1/pods?fieldManager=helm", headers, body: '{"a":1}' });
  expect(answer).toMatchObject({
    status: 409,
    body: { reason: "AlreadyExists" },
    headers: { warning: '299 - "deprecated"', "retry-after": "1", "content-type": "application/json" },
  });
  const [sent] = seen;
  expect(sent).toMatchObject({
    method: "POST",
    path: "/below/api/v1/pods?fieldManager=helm",
    body: { a: 1 },
    authorization: "Bearer token-1",
    "impersonate-user": "system:serviceaccount:a:b",
    "user-agent": "Helm/3",
  });
  expect(sent).not.toHaveProperty("impersonate-group");
});

describe("nobody is let in", () => {
  test.each([
    ["with another token", () => "other"],
    ["after its end", (proxy: ApiProxy) => closed(proxy)],
  ])("%s", async (_, tokenOf) => {
    let asked = 0;
    const { proxy } = await open((_request, response) => {
      asked += 1;
      sendJson(response, 200, {});
    });
    proxy.admit(everything);
    expect(await ask(proxy, tokenOf(proxy))).toMatchObject({ status: 401, body: { kind: "Status", reason: "Unauthorized" } });
    expect(asked).toBe(0);
  });

  const closed = (proxy: ApiProxy): string => {
    const client = proxy.admit(everything);
    client.close();
    return client.token;
  };
});

test("what a client may not do is answered as a refusal of the API server, which never hears of it", async () => {
  let asked = 0;
  const { proxy } = await open((_request, response) => {
    asked += 1;
    sendJson(response, 200, {});
  });
  const requests: unknown[] = [];
  const { token } = proxy.admit({
    ...everything,
    refuse: ({ body, ...rest }) => {
      requests.push({ ...rest, body: body.toString() });
      return Promise.resolve("not this one");
    },
  });
  const answer = await ask(proxy, token, { method: "POST", path: "/api/v1/pods?x=1", headers: { "content-type": "a/b" }, body: "{}" });
  expect(answer).toMatchObject({ status: 403, body: { kind: "Status", message: "not this one", reason: "Forbidden", code: 403 } });
  expect(requests).toEqual([{ method: "POST", path: "/api/v1/pods", contentType: "a/b", body: "{}" }]);
  expect(asked).toBe(0);
});

test.each([
  ["of another method", { method: "HEAD" as const }, 405],
  ["of more than the API server takes", { method: "POST" as const, body: "x".repeat(17 * 2 ** 20) }, 413],
])("a request %s is not sent on", async (_, one, expected) => {
  const { proxy } = await open((_request, response) => sendJson(response, 200, {}));
  const { token } = proxy.admit(everything);
  const answer = ask(proxy, token, one).then(
    ({ status }) => status,
    () => "broken off",
  );
  expect([expected, "broken off"]).toContain(await answer);
});

test("an API server that is away is said in the words of client-go", async () => {
  const { proxy, server } = await open((_request, response) => sendJson(response, 200, {}));
  await server.close();
  const { token } = proxy.admit(everything);
  expect(await ask(proxy, token)).toMatchObject({
    status: 503,
    body: { message: expect.stringMatching(/^the server is currently unable to handle the request: cannot reach the API server at http:/) },
  });
});

test("a client that leaves takes its request along", async () => {
  const gone = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { proxy } = await open((_request, response) => {
    response.once("close", gone.resolve);
    response.writeHead(200).write("{");
    begun.resolve();
  });
  const { token } = proxy.admit(everything);
  const abort = new AbortController();
  const asking = request(`${proxy.url}/api/v1/pods`, { dispatcher, signal: abort.signal, headers: { "impersonate-user": token } });
  await begun.promise;
  const answer = await asking;
  answer.body.on("error", () => undefined);
  abort.abort();
  await gone.promise;
});
