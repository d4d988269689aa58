import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ContentServer } from "./content-server.ts";
import { freePorts } from "../control-plane/ports.ts";

const ONE = { git: undefined, files: [{ path: "/archives/a-1.0.0.tgz", type: "application/gzip", bytes: Buffer.from("bytes") }], login: undefined };
const CLOSED = { ...ONE, login: { username: "me", password: "pw" } };

let port = 0;
let server: ContentServer;

beforeEach(async () => {
  [port = 0] = await freePorts(1);
  server = await ContentServer.listen(port);
});
afterEach(() => server.close());

const url = (path: string): string => `http://127.0.0.1:${String(port)}${path}`;

const get = async (path: string): Promise<readonly unknown[]> => {
  const answer = await fetch(url(path));
  return [answer.status, await answer.text()];
};

/** Begins a POST whose body does not end; resolves when the server has heard of it. */
const postHalf = async (path: string): Promise<{ readonly answer: Promise<unknown> }> => {
  const taken = Promise.withResolvers<void>();
  let pulls = 0;
  const body = new ReadableStream({
    pull: (controller) => {
      if (pulls++ === 0) controller.enqueue(Buffer.from("half"));
      else taken.resolve();
    },
  });
  const answer = fetch(url(path), { method: "POST", body, duplex: "half" }).catch(() => "none");
  await taken.promise;
  // Node refuses such headers by itself, after all that was sent before.
  expect((await fetch(url("/"), { headers: { long: "x".repeat(20_000) } })).status).toBe(431);
  return { answer };
};

test.each([
  ["/archives/a-1.0.0.tgz", [200, "bytes"]],
  ["/archives/../archives/a-1.0.0.tgz?x=y", [200, "bytes"]],
  ["/archives/b-1.0.0.tgz", [404, "nothing here\n"]],
  ["/archives/", [404, "nothing here\n"]],
  ["/git/helm-charts.git/info/refs", [404, "nothing here\n"]],
])("GET %s from a server that has one archive", async (path, answer) => {
  server.serve(ONE);
  expect(await get(path)).toEqual(answer);
});

test.each([
  ["me:pw", 200],
  ["me:no", 401],
  ["", 401],
])("a server with a login answers who says %j with %s", async (login, status) => {
  server.serve(CLOSED);
  const headers = { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
  const answer = await fetch(url("/archives/a-1.0.0.tgz"), { headers });
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([status, status === 200 ? null : 'Basic realm="examples"']);
});

test("a request that comes before there is anything to serve waits for it", async () => {
  const early = await postHalf("/archives/a-1.0.0.tgz");
  server.serve(ONE);
  expect(await early.answer).toMatchObject({ status: 200 });
});

test.each([
  ["waits for something to serve", undefined],
  ["has sent half of what it asks", { files: [], login: undefined, git: { answer: () => Promise.reject(new Error("the whole body came")) } }],
])("closing waits for nobody who %s", async (_, content) => {
  if (content !== undefined) server.serve(content);
  const asked = await postHalf("/git/helm-charts.git/git-upload-pack");
  await server.close();
  expect(await asked.answer).toBe("none");
});

test("a port that is taken is one sentence; closed, it is free again", async () => {
  await expect(ContentServer.listen(port)).rejects.toThrow(
    `Cannot serve charts on 127.0.0.1:${String(port)}: the port is in use by another program, maybe another npm start; stop it and run this again`,
  );
  await server.close();
  server = await ContentServer.listen(port);
});
