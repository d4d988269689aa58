import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ContentServer } from "./content-server.ts";
import { freePorts } from "./ports.ts";

let port = 0;
let server: ContentServer;

beforeEach(async () => {
  [port = 0] = await freePorts(1);
  server = await ContentServer.listen(port);
});
afterEach(() => server.close());

const get = async (path: string): Promise<readonly unknown[]> => {
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`);
  return [answer.status, await answer.text()];
};

test.each([
  ["/archives/a-1.0.0.tgz", [200, "bytes"]],
  ["/archives/../archives/a-1.0.0.tgz?x=y", [200, "bytes"]],
  ["/archives/b-1.0.0.tgz", [404, "nothing here\n"]],
  ["/archives/", [404, "nothing here\n"]],
  ["/git/helm-charts.git/info/refs", [404, "nothing here\n"]],
])("GET %s from a server that has one archive", async (path, answer) => {
  server.serve({ git: undefined, archives: [{ name: "a-1.0.0.tgz", bytes: Buffer.from("bytes") }] });
  expect(await get(path)).toEqual(answer);
});

test("a port that is taken is one sentence; closed, it is free again", async () => {
  await expect(ContentServer.listen(port)).rejects.toThrow(
    `Cannot serve charts on 127.0.0.1:${String(port)}: another program has the port, perhaps another npm start; end it and run this again`,
  );
  await server.close();
  server = await ContentServer.listen(port);
});
