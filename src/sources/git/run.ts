import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/time/clock.ts";
import type { Semaphore } from "../../base/work/semaphore.ts";
import type { ChildResult, run as runProcess } from "../../base/process/process.ts";
import { accessOf } from "./access.ts";
import type { EgressProxy } from "./egress-proxy.ts";
import { gitEnvironment, NO_ACCESS } from "./environment.ts";
import { gitFailure, isUnadvertised } from "./errors.ts";
import type { GitLimits } from "./limits.ts";
import type { GitProtocol } from "./location.ts";
import { openTcpProxy } from "./tcp-proxy.ts";
import type { BytesInFlight, ServerSemaphores } from "./bounds.ts";
import { openHttpProxy } from "./http-proxy.ts";
import type { GitAccess, GitRemote } from "./remote.ts";
import { reworded, type SourceError, type SourceReason, timedOut, unreadable } from "../errors.ts";

export interface GitDeps {
  /** `run` of `base/process/process.ts`. */
  readonly run: typeof runProcess;
  /** Path of git, or a name to be found in `path`. */
  readonly git: string;
  /** `PATH` of git and of what it starts: ssh, sh. */
  readonly path: string;
  readonly clock: Clock;
  readonly limits: GitLimits;
  /** Where commands wait for one another, `remote` for those that talk to servers, so that slow servers keep nobody from what is here already. */
  readonly bounds: { readonly remote: ServerSemaphores; readonly local: Semaphore };
  readonly inFlight: BytesInFlight;
  /** Ends every git command when it aborts. */
  readonly signal: AbortSignal;
  /** Told of each command that talked to a server. */
  readonly onRun?: (run: GitRun) => void;
}

export interface GitRun {
  readonly command: string;
  readonly result: "ok" | SourceReason;
  readonly receivedBytes: number;
  readonly durationMs: number;
}

export type GitOutcome =
  | { readonly ok: true; readonly stdout: string }
  /** The message of `failure` goes after the field that a message begins with. `unadvertised`: see {@link isUnadvertised}. */
  | { readonly ok: false; readonly failure: SourceError; readonly unadvertised: boolean };

export interface LocalRun {
  /** git's working directory and home, for this command only. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees stdout as it comes; the command is ended when it returns false. */
  readonly accept?: (chunk: Uint8Array) => boolean;
}

/** Enough for the names of a thousand references; contents never come this way. */
const maxOutputBytes = 262_144;
const graceMs = 2_000;

/** Runs git: through an egress proxy of its own when a server is asked, without any way to the network otherwise. */
export class Git {
  readonly #deps: GitDeps;

  constructor(deps: GitDeps) {
    this.#deps = deps;
  }

  /** `args` are made from the URL to use. `folder`: empty, private, for this command only. */
  remote(remote: GitRemote, args: (url: string) => readonly string[], folder: string): Promise<GitOutcome> {
    const { bounds, signal } = this.#deps;
    return bounds.remote.run(serverOf(remote), () => this.#remote(remote, args, folder), signal);
  }

  /** A command that needs no server. */
  local(args: readonly string[], run: LocalRun): Promise<GitOutcome> {
    const { bounds, signal } = this.#deps;
    return bounds.local.run(async () => this.#outcome(await this.#run(args, run, { access: NO_ACCESS }), undefined, [run.folder]), signal);
  }

  async #remote(remote: GitRemote, args: (url: string) => readonly string[], folder: string): Promise<GitOutcome> {
    const egress = await this.#open(remote);
    try {
      const access = accessOf({ ...remote, folder, egress });
      for (const [name, text] of Object.entries(access.files)) await writeFile(join(folder, name), text, { mode: 0o600, flag: "wx" });
      const argv = args(access.url);
      const child = await this.#run(argv, { folder }, { access, protocol: remote.location.protocol });
      const outcome = this.#outcome(child, egress.refusal, [folder, `127.0.0.1:${egress.port}`, ...secretsOf(remote)]);
      this.#tell(argv, outcome, child, egress);
      return outcome;
    } finally {
      await egress.close();
    }
  }

  #open({ location, proxy }: GitRemote): Promise<EgressProxy> {
    const { clock, limits, inFlight } = this.#deps;
    const { maxBytes, allowLocalAddresses, connectTimeoutMs } = limits;
    const options = { destination: location, proxy, maxBytes, inFlight, allowLocalAddresses, connectTimeoutMs, clock };
    const { protocol } = location;
    return protocol === "http" || protocol === "https" ? openHttpProxy({ ...options, protocol }) : openTcpProxy(options);
  }

  async #run(
    args: readonly string[],
    { folder, env = {}, accept }: LocalRun,
    { access, protocol }: { readonly access: Pick<GitAccess, "config" | "env">; readonly protocol?: GitProtocol },
  ): Promise<ChildResult> {
    const { run, git, path, limits, signal } = this.#deps;
    const enough = new AbortController();
    const environment = gitEnvironment({ path, folder, protocol, maxObjectBytes: limits.maxUnpackedBytes }, access);
    const options = { env: { ...environment, ...env }, cwd: folder, timeoutMs: limits.timeoutMs, graceMs, maxOutputBytes, parentDeathSignal: true };
    const watched = accept === undefined ? {} : { onStdout: (chunk: Uint8Array) => void (accept(chunk) || enough.abort(new Error("enough"))) };
    return run(git, args, { ...options, ...watched }, AbortSignal.any([signal, enough.signal]));
  }

  /** The first cause counts: who stopped it, what the egress proxy saw, what git says. */
  #outcome(child: ChildResult, refusal: SourceError | undefined, hide: readonly string[]): GitOutcome {
    this.#deps.signal.throwIfAborted();
    if (child.exitCode === 0) return { ok: true, stdout: child.stdout };
    if (child.failedToStart !== undefined) return failed(unreadable(`git is missing in the operator's image (${child.failedToStart})`));
    if (refusal !== undefined) return failed(refusal);
    if (child.timedOut) {
      const limit = `${this.#deps.limits.timeoutMs / 1000} s`;
      return failed(timedOut(`git did not finish within ${limit}: the server is slow or the repository is large`));
    }
    return failed(gitFailure(child.stderr, hide), isUnadvertised(child.stderr));
  }

  #tell(argv: readonly string[], outcome: GitOutcome, { durationMs }: ChildResult, { receivedBytes }: EgressProxy): void {
    const command = argv.find((arg) => !arg.startsWith("-")) ?? "";
    this.#deps.onRun?.({ command, result: outcome.ok ? "ok" : outcome.failure.reason, receivedBytes, durationMs });
  }
}

/** Whoever comes by way of a proxy waits for the proxy, too. */
const serverOf = ({ location: { protocol, host, port }, proxy }: GitRemote): string => JSON.stringify([protocol, host, port, proxy?.host]);

const failed = (failure: SourceError, unadvertised = false): GitOutcome => ({ ok: false, failure, unadvertised });

const secretsOf = ({ credentials: { password, token }, location }: GitRemote): readonly string[] =>
  [password, token, location.password].flatMap((secret) => (secret === undefined ? [] : [secret, encodeURIComponent(secret)]));

/** @throws {SourceError} When it failed. */
export const stdoutOf = (outcome: GitOutcome, field: string): string => {
  if (outcome.ok) return outcome.stdout;
  throw at(field, outcome.failure);
};

/** @param failure Its message goes after `field`. */
export const at = (field: string, failure: SourceError): SourceError => reworded(failure, `${field}: ${failure.message}`);
