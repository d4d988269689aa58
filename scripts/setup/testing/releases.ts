import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { arch, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { run } from "../../../src/base/process/process.ts";
import { readPins } from "../../../src/local/control-plane/places.mjs";

/** What a server does with a request instead of answering it well. */
export type Mishap = (request: IncomingMessage, response: ServerResponse, content: Buffer) => void;

/** A server with the layout of the real ones, for small programs that answer with the pinned versions. */
export interface ReleaseServer {
  /** Mirrors of all publishers. */
  readonly mirrors: Readonly<Record<string, string>>;
  /** `NAME` or `NAME from BYTE`, in the order in which they were asked for. */
  readonly requests: readonly string[];
  readonly port: number;
  /** By the end of the path. */
  readonly mishaps: Map<string, Mishap>;
  /** Bodies by path. */
  readonly contents: Map<string, Buffer>;
  close(): Promise<void>;
}

const go = arch() === "x64" ? "amd64" : "arm64";

export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** A program of 200 kB: a server can break off in its middle. */
const program = (says: string): Buffer => Buffer.from(`#!/bin/sh\necho "${says}"\nexit 0\n${"#".repeat(200_000)}\n`);

const archive = async (member: string, content: Buffer): Promise<Buffer> => {
  const folder = await mkdtemp(join(tmpdir(), "armada-archive-"));
  await mkdir(join(folder, dirname(member)), { recursive: true });
  await writeFile(join(folder, member), content);
  await chmod(join(folder, member), 0o755);
  const limits = { env: { PATH: "/usr/bin:/bin" }, cwd: folder, graceMs: 1_000, maxOutputBytes: 10_000, parentDeathSignal: true };
  const { exitCode, stderr } = await run("tar", ["-czf", "archive", dirname(member)], limits, new AbortController().signal);
  if (exitCode !== 0) throw new Error(stderr);
  const packed = await readFile(join(folder, "archive"));
  await rm(folder, { recursive: true });
  return packed;
};

/** Paths exactly as the projects publish them. */
const publish = async (): Promise<Map<string, Buffer>> => {
  const pins = readPins();
  const version = (source: string): string => pins[source]?.version ?? "";
  const contents = new Map<string, Buffer>();
  for (const tool of pins["kubernetes"]?.tools ?? []) {
    const path = `/release/v${version("kubernetes")}/bin/linux/${go}/${tool}`;
    const content = program(`Kubernetes v${version("kubernetes")}`);
    contents.set(path, content).set(`${path}.sha256`, Buffer.from(sha256(content)));
  }
  const etcd = `etcd-v${version("etcd")}-linux-${go}`;
  const etcdArchive = await archive(`${etcd}/etcd`, program(`etcd Version: ${version("etcd")}`));
  const etcdFolder = `/etcd-io/etcd/releases/download/v${version("etcd")}`;
  contents.set(`${etcdFolder}/${etcd}.tar.gz`, etcdArchive);
  contents.set(`${etcdFolder}/SHA256SUMS`, Buffer.from(`${"0".repeat(64)}  etcd-other.zip\n${sha256(etcdArchive)}  ${etcd}.tar.gz\n`));
  const helm = `helm-v${version("helm")}-linux-${go}.tar.gz`;
  const helmArchive = await archive(`linux-${go}/helm`, program(`v${version("helm")}+g0000000`));
  contents.set(`/${helm}`, helmArchive).set(`/${helm}.sha256sum`, Buffer.from(`${sha256(helmArchive)}  ${helm}\n`));
  const kwok = program(`kwok version v${version("kwok")} go1.26.8 (linux/${go})`);
  contents.set(`/kubernetes-sigs/kwok/releases/download/v${version("kwok")}/kwok-linux-${go}`, kwok);
  const assets = [{ name: `kwok-linux-${go}`, digest: `sha256:${sha256(kwok)}` }];
  contents.set(`/repos/kubernetes-sigs/kwok/releases/tags/v${version("kwok")}`, Buffer.from(JSON.stringify({ assets })));
  return contents;
};

const answer = (response: ServerResponse, content: Buffer, from: number): void => {
  const range = { "content-range": `bytes ${String(from)}-${String(content.length - 1)}/${String(content.length)}` };
  if (from >= content.length) response.writeHead(416).end();
  else response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from, ...(from > 0 ? range : {}) }).end(content.subarray(from));
};

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

let published: Promise<ReadonlyMap<string, Buffer>> | undefined;

/** Kubernetes' files lie behind a redirection, as they do in fact. It also answers as a proxy for whatever host. */
export const startReleaseServer = async (): Promise<ReleaseServer> => {
  const contents = new Map(await (published ??= publish()));
  const requests: string[] = [];
  const mishaps = new Map<string, Mishap>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://mirror.invalid");
    if (pathname.startsWith("/release/")) {
      response.writeHead(302, { location: `/cdn${pathname}` }).end();
      return;
    }
    const path = pathname.replace(/^\/cdn/, "");
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    requests.push(`${basename(path)}${from > 0 ? ` from ${String(from)}` : ""}`);
    const content = contents.get(path);
    const mishap = [...mishaps].find(([end]) => path.endsWith(end))?.[1];
    if (mishap !== undefined) mishap(request, response, content ?? Buffer.alloc(0));
    else if (content === undefined) response.writeHead(404).end("Not Found");
    else answer(response, content, from);
  });
  // Whatever host a proxy is asked to connect to, it is this one.
  server.on("connect", (_request, socket: Duplex) => {
    const tunnel = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    socket.on("error", () => tunnel.destroy());
    tunnel.on("error", () => socket.destroy());
    socket.pipe(tunnel).pipe(socket);
  });
  const port = await listen(server);
  const url = `http://127.0.0.1:${String(port)}`;
  const names = ["ARMADA_K8S_MIRROR", "ARMADA_HELM_MIRROR", "ARMADA_GITHUB_MIRROR", "ARMADA_GITHUB_API_MIRROR"];
  return {
    mirrors: Object.fromEntries(names.map((name) => [name, url])),
    requests,
    port,
    mishaps,
    contents,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
