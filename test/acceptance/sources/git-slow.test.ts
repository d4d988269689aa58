import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { listen } from "../../../src/sources/git/loopback.ts";
import type { GitSource } from "../../../src/sources/git/source.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { eventually } from "../../testing/eventually.ts";
import { commit, type GitServer, serveGit, stop } from "../../testing/servers/git-server.ts";
import { chartYaml, fetchChart, type GitSite, gitSite } from "../../testing/servers/git-site.ts";

jest.setTimeout(60_000);

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let server: GitServer;
let site: GitSite;
let source: GitSource;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  root = await temporaryFolder();
  await commit(join(root.path, "estate"), { "charts/blog/Chart.yaml": chartYaml("blog") });
  server = await serveGit(root.path);
});
afterAll(async () => {
  await server.close();
  await root.remove();
});
beforeEach(async () => {
  site = await gitSite();
  source = await site.source();
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await site.remove();
});

/** An HTTP server that answers so, on a port of its own. */
const serve = async (answer: (response: ServerResponse) => void): Promise<{ readonly url: string; requests: number }> => {
  const result = { url: "", requests: 0 };
  const made = createServer((_request, response) => {
    result.requests++;
    answer(response);
  });
  opened.push(() => stop(made));
  result.url = `http://127.0.0.1:${await listen(made)}`;
  return result;
};

const blog = (): Promise<unknown> => fetchChart(source, `${server.url}/estate/.git`, { subpath: "charts/blog" });

describe("git servers", () => {
  it("that say nothing hold up no charts of others", async () => {
    const silent = await Promise.all(Array.from({ length: 5 }, () => serve(() => undefined)));
    const held = silent.flatMap(({ url }) => ["a", "b", "c", "d", "e"].map((name) => fetchChart(source, `${url}/${name}`)));
    for (const each of held) each.catch(() => undefined);
    await eventually("all are asked", () => expect(silent.map(({ requests }) => requests)).toEqual([4, 4, 4, 4, 4]));
    expect(await blog()).toMatchObject({ name: "blog" });
  });

  it("that send much at the same time are held to what there is room for, and small repositories still come", async () => {
    const kept: ServerResponse[] = [];
    let isSlow = true;
    const large = await Promise.all(
      Array.from({ length: 8 }, () =>
        serve((response) => {
          response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
          response.write("001e# service=git-upload-pack\n0000");
          response.write(`003d${"a".repeat(40)} refs/heads/xxxx\n`.repeat(16_000));
          if (isSlow) kept.push(response);
          else response.end();
        }),
      ),
    );
    source = await site.source({ maxBytes: 2 ** 20 });
    const refused: unknown[] = [];
    for (const { url } of large) fetchChart(source, `${url}/a`).catch((error: unknown) => refused.push(error));
    await eventually("one is too many", () => expect(refused).not.toEqual([]));
    expect(refused[0]).toMatchObject({ reason: "TooLarge", class: "transient", message: expect.stringContaining("at the same time") });
    expect(await blog()).toMatchObject({ name: "blog" });
    isSlow = false;
    for (const response of kept) response.end();
    await eventually("all have ended", () => expect(refused).toHaveLength(8));
    for (const { url } of large)
      expect(await fetchChart(source, `${url}/a`).catch((error: unknown) => error)).not.toMatchObject({ reason: "TooLarge" });
  });
});
