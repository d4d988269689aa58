import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { run } from "../../base/process/process.ts";
import type { Environment } from "../../base/process/environment.ts";
import { runToEnd } from "./tool-run.ts";

export interface GitBackendOptions {
  /** Every repository below it is served, by its path. */
  readonly root: string;
  /** Where git is looked up. */
  readonly path: string;
  /** Of git on the server. */
  readonly config?: Readonly<Record<string, string>>;
}

const LIMITS = { timeoutMs: 60_000, graceMs: 1_000, maxOutputBytes: 4_096, parentDeathSignal: true } as const;

/** git's own server for smart HTTP, `git http-backend`, as the CGI program that it is. It only gives: nobody can push. */
export class GitBackend {
  readonly #program: string;
  readonly #env: Environment;

  private constructor(program: string, env: Environment) {
    this.#program = program;
    this.#env = env;
  }

  /** Rejects with one sentence where git is missing. */
  static async find({ root, path, config = {} }: GitBackendOptions, signal: AbortSignal): Promise<GitBackend> {
    const folder = await runToEnd("git", ["--exec-path"], { env: { PATH: path }, cwd: "/" }, signal);
    const fixed = { PATH: path, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: "1", GIT_CONFIG_NOSYSTEM: "1" };
    return new GitBackend(join(folder, "git-http-backend"), { ...fixed, ...configured({ "safe.directory": "*", ...config }) });
  }

  /** Answers a request with the body that {@link bodyOf} has read. Never rejects: a client that went away is no matter. */
  async answer(request: IncomingMessage, body: Buffer, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const output = await this.#run(request, body, signal).catch(() => Buffer.alloc(0));
    const end = output.indexOf("\r\n\r\n");
    if (end < 0) {
      response.writeHead(500).end();
      return;
    }
    const headers = output.toString("latin1", 0, end).split("\r\n").map(parseHeader);
    const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
    for (const [name, value] of headers) if (name !== "Status") response.setHeader(name, value);
    response.writeHead(Number(status.slice(0, 3))).end(output.subarray(end + 4));
  }

  async #run(request: IncomingMessage, body: Buffer, signal: AbortSignal): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    const env = { ...this.#env, ...requestVariables(request) };
    // What a client asks with is text; only what it is given is not.
    const options = { ...LIMITS, env, stdin: body.toString(), onStdout: (chunk: Uint8Array) => void chunks.push(chunk) };
    await run(this.#program, [], options, signal);
    return Buffer.concat(chunks);
  }
}

/** The whole body, unpacked. */
export const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const body = Buffer.concat(await request.toArray());
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
};

const parseHeader = (line: string): readonly [name: string, value: string] => {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
};

const configured = (config: Readonly<Record<string, string>>): Environment => {
  const entries = Object.entries(config).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${String(index)}`, key],
    [`GIT_CONFIG_VALUE_${String(index)}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(Object.keys(config).length), ...Object.fromEntries(entries) };
};

const requestVariables = (request: IncomingMessage): Environment => {
  const { pathname, search } = new URL(request.url ?? "", "http://x");
  return {
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method ?? "",
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
  };
};
