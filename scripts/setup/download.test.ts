import type { ServerResponse } from "node:http";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { eventually } from "../../test/testing/eventually.ts";
import { run } from "../../src/base/process/process.ts";
import { spawnLogged, type LoggedChild } from "../../src/base/process/long-lived.ts";
import { readPins, toolNames, toolsCache } from "../../src/local/control-plane/places.mjs";
import { sha256, startReleaseServer, type Mishap, type ReleaseServer } from "./testing/releases.ts";

interface Limits {
  readonly answerMs: number;
  readonly stallMs: number;
  readonly totalMs: number;
}
interface SetUp {
  readonly provideTools: (options: {
    readonly env: Readonly<Record<string, string>>;
    readonly say: (line: string) => void;
    readonly limits?: Limits;
  }) => Promise<void>;
  readonly proxiedStart: (
    env: Readonly<Record<string, string>>,
    root: string,
  ) => { readonly command: string; readonly env: Readonly<Record<string, string>> } | undefined;
}

const program = fileURLToPath(new URL("./tools.mjs", import.meta.url));
const load = async (): Promise<SetUp> => {
  const names = ["tools", "proxy"];
  const modules = await Promise.all(names.map((name) => import(new URL(`../../scripts/setup/${name}.mjs`, import.meta.url).href)));
  return Object.assign({}, ...modules);
};
const { provideTools, proxiedStart } = await load();

const never = new AbortController().signal;
const every = [...toolNames(readPins())].toSorted();
const impatient: Limits = { answerMs: 250, stallMs: 250, totalMs: 5_000 };

let folder: string;
let server: ReleaseServer;
let env: Readonly<Record<string, string>>;
let said: string[];

/** A Go that nothing can be built with: what is not downloaded ends there. */
const oldGo = async (): Promise<string> => {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "go"), "#!/bin/sh\necho go1.25.0\n");
  await chmod(join(bin, "go"), 0o755);
  return bin;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-download-"));
  server = await startReleaseServer();
  env = { XDG_CACHE_HOME: folder, PATH: `${await oldGo()}:/usr/bin:/bin`, ...server.mirrors };
  said = [];
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const provide = (limits?: Limits): Promise<void> =>
  provideTools({ env, say: (line) => void said.push(line), ...(limits === undefined ? {} : { limits }) });
const cache = async (): Promise<readonly string[]> => (await readdir(toolsCache(env, readPins()))).toSorted();
const inCache = (name: string): string => join(toolsCache(env, readPins()), name);

const drop: Mishap = (_request, response, content) => {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.subarray(0, content.length / 2), () => response.destroy());
};
const hang: Mishap = () => undefined;
const hangHalfway: Mishap = (_request, response, content) => {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.subarray(0, content.length / 2));
};
const status =
  (code: number): Mishap =>
  (_request, response) =>
    response.writeHead(code).end();
const say =
  (text: string): Mishap =>
  (_request, response) =>
    response.end(text);

test("every tool is downloaded from where it is published, and nothing else is left, of earlier set-ups neither; the next one asks for nothing", async () => {
  await mkdir(inCache(".unfinished-helm-1"), { recursive: true });
  await writeFile(inCache(".partial-kubectl-of-a-release-that-was-replaced"), "half");
  await provide();
  expect(await cache()).toEqual(every);
  for (const tool of every) {
    const { exitCode } = await run(inCache(tool), [], { env: {}, graceMs: 0, maxOutputBytes: 100, parentDeathSignal: true }, never);
    expect([tool, exitCode]).toEqual([tool, 0]);
  }
  expect(said.filter((line) => /^downloading kubectl 1\.36\.3: 0 of 0 MB, \d s$/.test(line))).toHaveLength(1);
  expect(said.join("\n")).not.toContain("building");
  const { length } = server.requests;
  await provide();
  expect(server.requests).toHaveLength(length);
});

test.each<readonly [string, string, string, Mishap, RegExp]>([
  ["has no checksum", "helm", ".sha256sum", status(404), /^http:\S+\.tar\.gz\.sha256sum responded with HTTP status 404$/],
  ["has a page in place of the checksum", "kubectl", "/kubectl.sha256", say("<html>log in</html>"), /^http:\S+ contains no SHA-256 of kubectl$/],
  ["is in no list of checksums", "etcd", "/SHA256SUMS", say(`${"0".repeat(64)}  other`), /^http:\S+ contains no SHA-256 of etcd-v\S+\.tar\.gz$/],
  ["has no digest", "kwok", "/tags/v0.8.0", say('{"assets":[]}'), /^http:\S+ contains no SHA-256 of kwok-linux-\w+$/],
  ["is not published", "kubectl", "/kubectl", status(404), /^http:\S+ responded with HTTP status 404$/],
  ["lies on a server that fails", "kubectl", "/kubectl", status(503), /^http:\S+ responded with HTTP status 503$/],
  ["breaks off twice", "kubectl", "/kubectl", drop, /^127\.0\.0\.1:\d+ cannot be reached \(.+\)$/],
  ["has a checksum that does not come", "kubectl", "/kubectl.sha256", hang, /^127\.0\.0\.1:\d+ did not respond within 0\.25 s$/],
  ["does not begin", "kubectl", "/kubectl", hang, /^127\.0\.0\.1:\d+ did not respond within 0\.25 s$/],
  ["stops halfway", "kubectl", "/kubectl", hangHalfway, /^127\.0\.0\.1:\d+ did not respond within 0\.25 s$/],
])("a tool that %s is left to Go, which is said; the others are downloaded", async (_title, tool, path, mishap, reason) => {
  server.mishaps.set(path, mishap);
  await expect(provide(impatient)).rejects.toThrow(
    `Cannot provide ${tool}: not downloaded (see above), and go1.25.0 is too old to build them; install Go 1.26 or newer`,
  );
  expect((await cache()).filter((name) => !name.startsWith("."))).toEqual(every.filter((name) => name !== tool));
  const prefix = `cannot download ${tool}: `;
  expect(said.filter((line) => line.startsWith("cannot download")).map((line) => [line.slice(0, prefix.length), line.slice(prefix.length)])).toEqual([
    [prefix, expect.stringMatching(reason)],
  ]);
});

test("where no host can be reached, all is left to Go, in one sentence a host", async () => {
  await server.close();
  await expect(provide(impatient)).rejects.toThrow(`Cannot provide ${toolNames(readPins()).join(", ")}: not downloaded`);
  expect(said.filter((line) => line.startsWith("cannot download"))).toEqual([expect.stringMatching(/cannot be reached \(ECONNREFUSED\)$/)]);
  server = await startReleaseServer();
});

test("nothing is asked for with ARMADA_DOWNLOADS=off, and other words are refused", async () => {
  env = { ...env, ARMADA_DOWNLOADS: "off" };
  await expect(provide()).rejects.toThrow("not downloaded (see above)");
  expect(said).toContain("not downloading: ARMADA_DOWNLOADS is off");
  env = { ...env, ARMADA_DOWNLOADS: "no" };
  await expect(provide()).rejects.toThrow('ARMADA_DOWNLOADS is "no": give on or off');
  expect(server.requests).toEqual([]);
});

test.each([
  ["kubectl", "/kubectl"],
  ["helm", ".tar.gz"],
])("a %s with another checksum than the published one ends set-up: it is removed, and not built instead", async (tool, path) => {
  server.mishaps.set(path, (_request, response, content) => response.end(Buffer.concat([content, Buffer.from("x")])));
  await expect(provide()).rejects.toThrow(
    /^Cannot use http:\S+: its SHA-256 is [0-9a-f]{64}, http:\S+ says [0-9a-f]{64}; the file was removed\. Run this again; if it happens again, .*ARMADA_TOOLS_DIR/,
  );
  expect((await cache()).filter((name) => name.includes(tool))).toEqual([]);
  expect(said.join("\n")).not.toContain("building");
  server.mishaps.clear();
  await provide();
  expect(await cache()).toEqual(every);
});

test("a binary of another version than the pinned one is not used, though its checksum is right", async () => {
  const path = [...server.contents.keys()].find((known) => known.endsWith("/kubectl")) ?? "";
  const older = Buffer.from("#!/bin/sh\necho v1.35.0\n");
  server.contents.set(path, older).set(`${path}.sha256`, Buffer.from(sha256(older)));
  await expect(provide()).rejects.toThrow(/^Cannot use http:\S+\/kubectl: it has version 1\.35\.0, not 1\.36\.3/);
  expect(await cache()).not.toContain("kubectl");
});

/** Half of it, which the client has stored when `then` is called; for the first request of it only. */
const halfOnce =
  (then: (response: ServerResponse) => void): Mishap =>
  (_request, response, content) => {
    server.mishaps.clear();
    hangHalfway(_request, response, content);
    void eventually("half of it is stored", async () => {
      const [partial = ""] = (await cache()).filter((name) => name.startsWith(".partial-kubectl-"));
      expect((await stat(inCache(partial))).size).toBe(content.length / 2);
    }).then(() => then(response));
  };
const ofKubectl = (): readonly string[] => server.requests.filter((request) => /^kubectl( |$)/.test(request));

test("a download that breaks off is gone on with in the same run", async () => {
  server.mishaps.set(
    "/kubectl",
    halfOnce((response) => response.destroy()),
  );
  await provide();
  expect(ofKubectl()).toEqual(["kubectl", expect.stringMatching(/^kubectl from \d{5,}$/)]);
  expect(await cache()).toEqual(every);
});

test("a server that cannot go on with it begins anew", async () => {
  server.mishaps.set(
    "/kubectl",
    halfOnce((response) => {
      server.mishaps.set("/kubectl", (_request, next, content) => next.end(content));
      response.destroy();
    }),
  );
  await provide();
  expect(ofKubectl()).toHaveLength(2);
  expect(await cache()).toEqual(every);
});

/** Set-up in a process of its own. */
const elsewhere = (more: Readonly<Record<string, string>> = {}): LoggedChild => {
  const code = `import { provideTools } from ${JSON.stringify(program)}; await provideTools({ env: process.env, say: (line) => console.log(line) });`;
  const args = ["--input-type=module", "-e", code];
  return spawnLogged({ command: process.execPath, args, env: { ...env, ...more }, logFile: join(folder, "log"), parentDeathSignal: true });
};

test("what a killed set-up has left, its lock and half a file, the next one takes up", async () => {
  const killed = Promise.withResolvers<unknown>();
  server.mishaps.set("/kubectl", halfOnce(killed.resolve));
  const child = elsewhere();
  await killed.promise;
  child.kill("SIGKILL");
  await child.exited;
  expect(await cache()).toContain(".lock");
  await provide();
  expect(ofKubectl()).toEqual(["kubectl", expect.stringMatching(/^kubectl from \d{5,}$/)]);
  expect((await cache()).filter((name) => !name.startsWith(".lock"))).toEqual(every);
});

test("of two set-ups at once one downloads, the other waits and finds all there", async () => {
  await Promise.all([provide(), provide()]);
  expect(server.requests.toSorted()).toEqual([...new Set(server.requests)].toSorted());
  expect(said.filter((line) => line.startsWith("waiting for another setup"))).toHaveLength(1);
  expect(await cache()).toEqual(every);
});

test("large files come whole from a server that ends each connection, faster than they can be stored", async () => {
  const large = [...server.contents.keys()].filter((path) => /\/kube[^/]+$/.test(path) && !path.endsWith(".sha256"));
  expect(large).toHaveLength(4);
  for (const path of large) {
    const content = Buffer.concat([server.contents.get(path) ?? Buffer.alloc(0), Buffer.alloc(25_000_000, "#")]);
    server.contents.set(path, content).set(`${path}.sha256`, Buffer.from(sha256(content)));
    server.mishaps.set(path.slice(path.lastIndexOf("/")), (_request, response) => {
      response.socket?.end(Buffer.concat([Buffer.from("HTTP/1.0 200 OK\r\n\r\n"), content]));
    });
  }
  expect(await elsewhere().exited).toEqual({ code: 0, signal: null });
  expect(await cache()).toEqual(every);
}, 30_000);

test("downloads go through a proxy when Node is told so", async () => {
  const mirrors = Object.fromEntries(Object.keys(server.mirrors).map((name) => [name, "http://releases.invalid"]));
  const proxied = proxiedStart({ HTTP_PROXY: `http://127.0.0.1:${String(server.port)}` }, "/nowhere");
  expect(await elsewhere({ ...mirrors, ...proxied?.env }).exited).toEqual({ code: 0, signal: null });
  expect(await cache()).toEqual(every);
});
