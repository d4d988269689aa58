import { createServer, type RequestListener, type Server } from "node:http";
import { abortable } from "../../base/time/abortable.ts";
import { messageOf } from "../../base/errors.ts";
import { bodyOf, type GitBackend } from "./git-backend.ts";
import type { ServedFile } from "./served-files.ts";

/** Paths of repositories begin so. */
export const GIT_PATH = "/git/";

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Content {
  /** Its root holds `git/NAME.git`. */
  readonly git: Pick<GitBackend, "answer"> | undefined;
  readonly files: readonly ServedFile[];
  /** Who is let in; undefined: everybody. */
  readonly login: Login | undefined;
}

/** HTTP on a port of loopback that is taken before there is anything to serve. */
export class ContentServer {
  readonly #server: Server;
  readonly #content = Promise.withResolvers<Content>();
  readonly #closed = new AbortController();
  readonly #answers = new Set<Promise<void>>();

  private constructor(server: Server) {
    this.#server = server.on("request", (request, response) => {
      const answered = this.#answer(request, response).catch(() => void response.destroy());
      this.#answers.add(answered);
      void answered.finally(() => this.#answers.delete(answered));
    });
  }

  /** Rejects with one sentence when somebody else has the port. */
  static async listen(port: number): Promise<ContentServer> {
    const server = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).listen({ port, host: "127.0.0.1", exclusive: true }, resolve);
    await promise.catch((error: unknown) => {
      throw new Error(`Cannot serve charts on 127.0.0.1:${String(port)}: ${whyNot(error)}`);
    });
    return new ContentServer(server);
  }

  /** Requests that come before wait. */
  serve(content: Content): void {
    this.#content.resolve(content);
  }

  async #answer(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const { signal } = this.#closed;
    const { git, files, login } = await abortable(this.#content.promise, signal);
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (login !== undefined && request.headers.authorization !== basic(login)) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="examples"' }).end("log in\n");
      return;
    }
    if (git !== undefined && path.startsWith(GIT_PATH)) {
      await git.answer(request, await bodyOf(request), response, signal);
      return;
    }
    const file = files.find((each) => each.path === path);
    if (file === undefined) response.writeHead(404).end("nothing here\n");
    else response.writeHead(200, headersOf(file)).end(file.bytes);
  }

  /** Ends what is being answered, too, and what is still being asked. */
  async close(): Promise<void> {
    this.#closed.abort(new Error("the server is closed"));
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await Promise.all([closed, ...this.#answers]);
  }
}

const headersOf = ({ type, bytes, digest }: ServedFile): Record<string, string | number> => ({
  "content-type": type,
  "content-length": bytes.byteLength,
  ...(digest === undefined ? {} : { "docker-content-digest": digest }),
});

const basic = ({ username, password }: Login): string => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

const whyNot = (error: unknown): string => {
  const text = messageOf(error);
  return text.includes("EADDRINUSE") ? "the port is in use by another program, maybe another npm start; stop it and run this again" : text;
};
