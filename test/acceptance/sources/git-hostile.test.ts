import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { listen } from "../../../src/sources/git/loopback.ts";
import type { GitSource } from "../../../src/sources/git/source.ts";
import type { SourceSpec } from "../../../src/sources/source.ts";
import { SourceError } from "../../../src/sources/errors.ts";
import { temporaryFolder, writeTree } from "../../../src/sources/testing/artifacts.ts";
import { commit, git, type GitServer, serveGit, stop } from "../../testing/servers/git-server.ts";
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

const rejected = async (location: string, over: Partial<SourceSpec> = {}, from = source): Promise<SourceError> => {
  const error: unknown = await fetchChart(from, location, { subpath: "charts/blog", ...over }).catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceError)) throw new Error("it was not refused", { cause: error });
  expect((await site.cached()).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  return error;
};

/** An HTTP server that answers so, on a port of its own. */
const serve = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ readonly url: string; requests: number }> => {
  const result = { url: "", requests: 0 };
  const made: Server = createPlainServer((request, response) => {
    result.requests++;
    answer(request, response);
  });
  opened.push(() => stop(made));
  result.url = `http://127.0.0.1:${await listen(made)}`;
  return result;
};

const refsPath = "/info/refs?service=git-upload-pack";

describe("a server that leads elsewhere", () => {
  it("is not followed to another host, port or scheme, and nobody else is asked", async () => {
    const inner = await serve((_request, response) => response.end("metadata"));
    for (const target of [inner.url, inner.url.replace("127.0.0.1", "localhost"), inner.url.replace("http:", "https:")]) {
      const outer = await serve((_request, response) => response.writeHead(302, { location: `${target}/estate/.git${refsPath}` }).end());
      const error = await rejected(`${outer.url}/estate/.git`);
      expect(error).toMatchObject({ reason: "NotAllowed", class: "terminal", message: expect.stringMatching(/the server redirects to|scheme/) });
    }
    expect(inner.requests).toBe(0);
    expect(await site.cached()).toEqual([]);
  });

  it("is followed to another path of its own", async () => {
    const outer = await serveGit(root.path, {
      instead: (request, response) => {
        if (request.url?.startsWith("/old/") !== true) return false;
        response.writeHead(301, { location: request.url.replace("/old/", "/estate/.git/") }).end();
        return true;
      },
    });
    opened.push(() => outer.close());
    expect(await fetchChart(source, `${outer.url}/old`, { subpath: "charts/blog" })).toMatchObject({ name: "blog" });
  });

  it("cannot name other places by git's own means", async () => {
    const inner = await serve((_request, response) => response.end("metadata"));
    const outer = await serve((request, response) => {
      if (request.url?.endsWith(refsPath) === true) response.end(`${"a".repeat(40)}\trefs/heads/main\n`);
      else if (request.url?.endsWith("/HEAD") === true) response.end("ref: refs/heads/main\n");
      else if (request.url?.endsWith("alternates") === true) response.end(`${inner.url}/x/objects\n`);
      else response.writeHead(404).end();
    });
    expect(await rejected(`${outer.url}/estate`)).toMatchObject({ reason: "Unsupported" });
    expect(inner.requests).toBe(0);
  });
});

describe("addresses", () => {
  it.each([
    "http://127.0.0.1:9/a",
    "http://localhost:9/a",
    "http://0x7f000001:9/a",
    "http://[::1]:9/a",
    "http://[::ffff:127.0.0.1]:9/a",
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.169.254/latest",
    "https://127.0.0.1:9/a",
    "git://127.0.0.1:9/a",
    "git://localhost:9/a",
  ])("%s is not connected to", async (location) => {
    source = await site.source({ allowLocalAddresses: false });
    const error = await rejected(location);
    expect(error).toMatchObject({ reason: "NotAllowed", class: "terminal", message: expect.stringContaining("--allow-local-addresses") });
  });

  it("of a proxy are judged like others, and a proxy is not used to get around that", async () => {
    source = await site.source({ allowLocalAddresses: false });
    expect(await rejected("http://git.example/a", { proxy: "http://127.0.0.1:9" })).toMatchObject({ reason: "NotAllowed" });
    for (const location of ["http://169.254.169.254/a", "https://169.254.169.254/a"])
      expect(await rejected(location, { proxy: "http://192.0.2.1:9" })).toMatchObject({ reason: "NotAllowed" });
  });
});

describe("the limits", () => {
  it("end a fetch that brings too much, and leave nothing behind", async () => {
    const files = { "charts/blog/Chart.yaml": chartYaml("blog"), "charts/blog/big": randomBytes(3_000_000).toString("latin1") };
    const head = await commit(join(root.path, "big"), files);
    source = await site.source({ maxBytes: 2 ** 20 });
    const error = await rejected(`${server.url}/big/.git`, { reference: head });
    expect(error).toMatchObject({ reason: "TooLarge", class: "terminal", message: expect.stringContaining("the server sends more than 1 MiB") });
    expect(await site.cached()).toEqual([]);
  });

  it("end a server that never ends", async () => {
    const endless = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
      response.write("001e# service=git-upload-pack\n0000");
      const line = `003d${"a".repeat(40)} refs/heads/xxxx\n`.repeat(1000);
      const more = (): void => {
        while (!response.destroyed && response.write(line));
      };
      response.on("drain", more);
      more();
    });
    source = await site.source({ maxBytes: 2 ** 20 });
    expect(await rejected(`${endless.url}/a`)).toMatchObject({ reason: "TooLarge" });
  });

  it("end a server that says nothing", async () => {
    const silent = await serve(() => undefined);
    source = await site.source({ timeoutMs: 1_000 });
    const error = await rejected(`${silent.url}/a`);
    expect(error).toMatchObject({ reason: "TimedOut", class: "transient", message: expect.stringContaining("git did not finish within 1 s") });
  });

  it("notice a server that breaks off", async () => {
    const broken = createTcpServer((socket) => void socket.resume().end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n001e# "));
    opened.push(() => stop(broken));
    expect(await rejected(`http://127.0.0.1:${await listen(broken)}/a`)).toMatchObject({ reason: "Unreachable", class: "transient" });
  });

  it("hold for what is unpacked: a bomb of zeros", async () => {
    const head = await commit(join(root.path, "zeros"), {
      "charts/blog/Chart.yaml": chartYaml("blog"),
      "charts/blog/zeros": "\0".repeat(30 * 2 ** 20),
    });
    source = await site.source({ maxUnpackedBytes: 20 * 2 ** 20 });
    const error = await rejected(`${server.url}/zeros/.git`, { reference: head });
    expect(error).toMatchObject({ reason: "TooLarge", message: expect.stringContaining("more than 20 MiB unpacked") });
  });

  it("hold for the number of files: ten levels of ten times the same tree", async () => {
    const folder = join(root.path, "bomb");
    await commit(folder, { "x/Chart.yaml": chartYaml("bomb") });
    let tree = git(folder, "rev-parse", "HEAD:x");
    const treeOf = (object: string): string =>
      execFileSync("git", ["mktree"], {
        cwd: folder,
        encoding: "utf8",
        input: Array.from({ length: 10 }, (_, index) => `040000 tree ${object}\td${index}\n`).join(""),
      }).trim();
    for (let level = 0; level < 10; level++) tree = treeOf(tree);
    const head = git(folder, "commit-tree", tree, "-m", "bomb");
    git(folder, "update-ref", "refs/heads/main", head);
    const error = await rejected(`${server.url}/bomb/.git`, { subpath: "." });
    expect(error).toMatchObject({ reason: "TooLarge", message: expect.stringContaining("the chart has more than 20000 files") });
  });
});

describe("a repository", () => {
  it.each([
    ["/etc/passwd", "is a symbolic link that is broken or points outside the chart"],
    ["../../../../../etc/passwd", "is a symbolic link that is broken or points outside"],
    ["../..", "is a symbolic link that is broken or points outside"],
    ["../other/Chart.yaml", "is a symbolic link that is broken or points outside"],
  ])("with a link to %s gives nothing of it", async (target, message) => {
    const folder = join(root.path, `link-${Buffer.from(target).toString("hex")}`);
    await commit(folder, { "charts/blog/Chart.yaml": chartYaml("blog"), "charts/other/Chart.yaml": chartYaml("other") });
    await symlink(target, join(folder, "charts/blog/values.yaml"));
    await commit(folder, {});
    const error = await rejected(`${server.url}/${folder.split("/").at(-1) ?? ""}/.git`);
    expect(error.message).toContain(message);
  });

  it("gives links inside of the chart as what they lead to", async () => {
    const folder = join(root.path, "inside");
    await commit(folder, { "charts/blog/Chart.yaml": chartYaml("blog"), "charts/blog/a.yaml": "a: 1\n" });
    await symlink("a.yaml", join(folder, "charts/blog/b.yaml"));
    await commit(folder, {});
    expect(await fetchChart(source, `${server.url}/inside/.git`, { subpath: "charts/blog" })).toMatchObject({ name: "blog" });
  });

  it("is not reached through a link in the subpath", async () => {
    const folder = join(root.path, "through");
    await commit(folder, { "charts/blog/Chart.yaml": chartYaml("blog") });
    await symlink("charts", join(folder, "linked"));
    await commit(folder, {});
    expect(await rejected(`${server.url}/through/.git`, { subpath: "linked/blog" })).toMatchObject({ reason: "NotFound" });
  });

  it("with submodules gives empty folders, and nobody else is asked", async () => {
    const inner = await serve((_request, response) => response.end());
    const folder = join(root.path, "sub");
    await commit(folder, {
      "charts/blog/Chart.yaml": chartYaml("blog"),
      ".gitmodules": `[submodule "charts/blog/charts/x"]\n\tpath = charts/blog/charts/x\n\turl = ${inner.url}/x\n`,
    });
    git(folder, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},charts/blog/charts/x`);
    git(folder, "commit", "--quiet", "--message=submodule");
    expect(await fetchChart(source, `${server.url}/sub/.git`, { subpath: "charts/blog" })).toMatchObject({ name: "blog" });
    expect(inner.requests).toBe(0);
  });

  it("is given as it was committed, whatever its attributes say", async () => {
    const text = "a: 1\nb: $Id$\n";
    const attributes = "* text eol=crlf ident filter=lfs export-ignore\n";
    const folder = join(root.path, "attributes");
    await commit(folder, { "charts/blog/Chart.yaml": chartYaml("blog"), "charts/blog/a.yaml": text });
    await commit(folder, { ".gitattributes": attributes });
    const { path } = await fetchChart(source, `${server.url}/attributes/.git`, { subpath: "charts/blog" });
    expect(await readFile(join(path, "a.yaml"), "utf8")).toBe(text);
    await writeTree(folder, { "charts/blog/.gitattributes": attributes });
    await commit(folder, {});
    const again = await fetchChart(source, `${server.url}/attributes/.git`, { subpath: "charts/blog" });
    expect(await readFile(join(again.path, ".gitattributes"), "utf8")).toBe(attributes);
    expect(await readFile(join(again.path, "a.yaml"), "utf8")).toBe(text);
  });

  it("with a chart that cannot be written is fetched once, and its other charts are read", async () => {
    const folder = join(root.path, "long");
    const first = await commit(folder, { "c/Chart.yaml": chartYaml("c"), "d/Chart.yaml": chartYaml("d"), "e/Chart.yaml": chartYaml("e") });
    const object = (input: string): string => execFileSync("git", ["hash-object", "-w", "--stdin"], { cwd: folder, input, encoding: "utf8" }).trim();
    const chart = git(folder, "rev-parse", `${first}:c/Chart.yaml`);
    git(folder, "update-index", "--add", "--cacheinfo", `100644,${chart},c/${"x".repeat(300)}`);
    git(folder, "update-index", "--add", "--cacheinfo", `120000,${object("y".repeat(5_000))},e/link`);
    const head = git(folder, "commit-tree", git(folder, "write-tree"), "-m", "long");
    git(folder, "update-ref", "refs/heads/main", head);
    const location = `${server.url}/long/.git`;
    server.fetches = 0;
    const named = { reason: "InvalidChart", class: "terminal", message: expect.stringContaining("a file name that is too long") };
    expect(await rejected(location, { subpath: "c", reference: head })).toMatchObject(named);
    const [entries] = [await site.cached()];
    for (let time = 0; time < 2; time++) {
      expect(await rejected(location, { subpath: "e", reference: head })).toMatchObject({ reason: "Unreadable", class: "transient" });
      expect(await fetchChart(source, location, { subpath: "d", reference: head })).toMatchObject({ name: "d" });
    }
    expect(await site.cached()).toEqual(entries);
    expect(server.fetches).toBe(1);
  });

  it("with a tree that no checkout may have is refused", async () => {
    const folder = join(root.path, "dotgit");
    await commit(folder, { "charts/blog/Chart.yaml": chartYaml("blog") });
    const blob = git(folder, "rev-parse", "HEAD:charts/blog/Chart.yaml");
    const raw = Buffer.concat([Buffer.from("100644 .git\0"), Buffer.from(blob, "hex")]);
    const tree = execFileSync("git", ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], {
      cwd: folder,
      input: raw,
      encoding: "utf8",
    }).trim();
    git(folder, "update-ref", "refs/heads/main", git(folder, "commit-tree", tree, "-m", "x"));
    expect(await rejected(`${server.url}/dotgit/.git`, { subpath: "." })).toMatchObject({ reason: "InvalidChart", class: "terminal" });
  });
});
