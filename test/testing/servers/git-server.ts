import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import { bodyOf, GitBackend } from "../../../src/local/servers/git-backend.ts";
import { listen } from "../../../src/sources/git/loopback.ts";
import { writeTree } from "../../../src/sources/testing/artifacts.ts";

const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/bin`;

/** Path of a program that a test cannot do without. */
export const required = (program: string, debianPackage: string): string => {
  const found = PATH.split(":")
    .map((folder) => join(folder, program))
    .find(existsSync);
  if (found === undefined) throw new Error(`This test needs ${program}: apt-get install -y --no-install-recommends ${debianPackage}`);
  return found;
};

/** Runs git as a person would who has no configuration. */
export const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync(required("git", "git"), args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@example.com",
    },
  }).trim();

/** Commits files (path → text) on the branch that is checked out, and returns the commit. The repository is made when there is none. */
export const commit = async (folder: string, files: Readonly<Record<string, string>>): Promise<string> => {
  await writeTree(folder, files);
  if (!existsSync(join(folder, ".git"))) git(folder, "init", "--quiet", "--initial-branch=main");
  git(folder, "add", "--all", "--force");
  git(folder, "commit", "--quiet", "--message=more");
  return git(folder, "rev-parse", "HEAD");
};

export interface GitServer {
  readonly url: string;
  readonly port: number;
  /** Times that objects were sent. */
  fetches: number;
  requests: number;
  /** Values of the Authorization header. */
  readonly authorizations: Set<string>;
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Answers instead of git when it returns true. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Only this value of the Authorization header is let in. */
  readonly authorization?: string;
  /** Of git on the server. */
  readonly config?: Readonly<Record<string, string>>;
  /** It knows the first version of the protocol only, as old servers do. */
  readonly old?: boolean;
  readonly tls?: ServerOptions;
}

const { signal } = new AbortController();

/** Smart HTTP by `git http-backend`: every repository below `root`, as `/<folder>/.git`. */
export const serveGit = async (
  root: string,
  { instead = () => false, authorization, config = {}, old = false, tls }: GitServerOptions = {},
): Promise<GitServer> => {
  const backend = await GitBackend.find({ root, path: PATH, config: { "uploadpack.allowFilter": "true", ...config } }, signal);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    result.requests++;
    const given = request.headers.authorization;
    if (given !== undefined) result.authorizations.add(given);
    if (instead(request, response)) return;
    if (authorization === undefined || given === authorization) void answer(request, response);
    else response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("no\n");
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    if (body.includes("command=fetch") || body.includes("want ")) result.fetches++;
    if (old) delete request.headers["git-protocol"];
    await backend.answer(request, body, response, signal);
  };
  const result = { url: "", port: 0, fetches: 0, requests: 0, authorizations: new Set<string>(), close: () => stop(server) };
  result.port = await listen(server);
  result.url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${result.port}`;
  return result;
};

export const stop = (server: { close(done: () => void): unknown; closeAllConnections?(): void }): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections?.();
  });
