import { afterEach, expect, test } from "@jest/globals";
import { request } from "node:https";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { silentLogger } from "../base/log.ts";
import { accessGuard, ACCESS_REVIEWS, TOKEN_REVIEWS, type AccessDeps } from "./access.ts";
import { ApiError } from "./api.ts";
import { serve, type Served } from "./http-server.ts";
import type { Resource } from "./object.ts";
import { selfSigned } from "./self-signed.ts";

const open: Served[] = [];
afterEach(() => Promise.all(open.splice(0).map((served) => served.close())));

const USER = { username: "system:serviceaccount:monitoring:prometheus", uid: "1", groups: ["system:authenticated"] };

/** A server of `/metrics`, and an API server that knows one token; `asked` is what it was asked. */
const world = async (allowed: boolean | Error) => {
  const asked: unknown[] = [];
  const clock = new ManualClock();
  const create = ({ resource }: { readonly resource: Resource }, body: { readonly spec: { readonly token?: string } }) => {
    asked.push([resource.kind, body.spec]);
    if (allowed instanceof Error) return Promise.reject(allowed);
    return Promise.resolve({ status: resource === TOKEN_REVIEWS ? { authenticated: body.spec.token === "good", user: USER } : { allowed } });
  };
  const deps = { api: { create }, clock, log: silentLogger, signal: new AbortController().signal };
  const guard = accessGuard(deps as unknown as AccessDeps); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what reviews need
  const routes = [(path: string) => (path === "/metrics" ? { status: 200, body: "up 1" } : undefined)];
  const served = await serve({
    address: "127.0.0.1:0",
    routes,
    log: silentLogger,
    secured: { guard, tls: selfSigned("armada-operator", Date.now()) },
  });
  open.push(served);
  const get = (authorization?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = authorization === undefined ? {} : { authorization };
      const options = { host: "127.0.0.1", port: served.port, path: "/metrics", headers, rejectUnauthorized: false };
      const asking = request(options, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve(`${String(response.statusCode)} ${body.trim()}`));
      });
      asking.on("error", reject).end();
    });
  return { get, asked, clock };
};

test.each([
  ["without a token", undefined, true, "401 give a bearer token that the API server knows", 0],
  ["with a password", "Basic Z29vZDpnb29k", true, "401 give a bearer token that the API server knows", 0],
  ["with a token that the API server does not know", "Bearer bad", true, "401 give a bearer token that the API server knows", 1],
  ["of an account that may not", "Bearer good", false, `403 ${USER.username} may not get /metrics`, 2],
  ["of an account that may", "Bearer good", true, "200 up 1", 2],
  [
    "while the API server does not say",
    "Bearer good",
    new ApiError("tokenreviews is forbidden", { status: 403, reason: "Forbidden" }),
    "503 cannot tell who asks",
    1,
  ],
])("who asks %s", async (_title, authorization, allowed, expected, reviews) => {
  const { get, asked } = await world(allowed);
  expect(await get(authorization)).toBe(expected);
  expect(asked).toHaveLength(reviews);
});

test("the API server is asked for the user with groups, and for the path as a non-resource URL", async () => {
  const { get, asked } = await world(true);
  await get("Bearer good");
  expect(asked).toEqual([
    [TOKEN_REVIEWS.kind, { token: "good" }],
    [
      ACCESS_REVIEWS.kind,
      { user: USER.username, uid: "1", groups: ["system:authenticated"], nonResourceAttributes: { path: "/metrics", verb: "get" } },
    ],
  ]);
});

test("what the API server said holds for a minute", async () => {
  const { get, asked, clock } = await world(true);
  await get("Bearer good");
  await get("Bearer good");
  expect(asked).toHaveLength(2);
  await clock.advance(60_000);
  await get("Bearer good");
  expect(asked).toHaveLength(4);
});
