import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { closed, listen } from "../../src/sources/git-pipe.ts";
import type { GitSource } from "../../src/sources/git-source.ts";
import { type Credentials, SourceError } from "../../src/sources/source.ts";
import { temporaryFolder } from "../../src/sources/testing.ts";
import { eventually } from "../support/eventually.ts";
import { commit, required } from "../support/git-server.ts";
import { chartYaml, fetchChart, type GitSite, gitSite } from "../support/git-site.ts";

jest.setTimeout(60_000);

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let sshd: ChildProcess;
let daemon: ChildProcess;
let port: number;
let daemonPort: number;
let head: string;
let keys: Readonly<Record<"user" | "stranger" | "host", string>>;
let knownHosts: string;
let site: GitSite;
let source: GitSource;

const freePort = async (): Promise<number> => {
  const server = createServer();
  const found = await listen(server);
  await closed(server);
  return found;
};

const answers = (at: number): Promise<void> =>
  eventually(`something listens on port ${at}`, () => {
    const socket = connect(at, "127.0.0.1");
    return new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve(socket.destroy() && undefined)).once("error", reject);
    });
  });

const makeKey = async (name: string): Promise<string> => {
  const file = join(root.path, name);
  execFileSync(required("ssh-keygen", "openssh-client"), ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  return readFile(file, "utf8");
};

const startSshd = async (): Promise<void> => {
  const at = (name: string) => join(root.path, name);
  await writeFile(at("authorized_keys"), await readFile(at("user.pub")), { mode: 0o600 });
  // Its privilege separation wants this folder when it runs as root.
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true });
  await writeFile(
    at("sshd_config"),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized_keys")}`,
      "AuthenticationMethods publickey",
      "StrictModes no",
      "UsePAM no",
      "PermitRootLogin prohibit-password",
      "PidFile none",
      "AcceptEnv GIT_PROTOCOL",
      "",
    ].join("\n"),
  );
  sshd = spawn(required("sshd", "openssh-server"), ["-D", "-e", "-f", at("sshd_config")], { stdio: "ignore" });
  await answers(port);
};

beforeAll(async () => {
  root = await temporaryFolder();
  await chmod(root.path, 0o755);
  [port, daemonPort] = [await freePort(), await freePort()];
  keys = { user: await makeKey("user"), stranger: await makeKey("stranger"), host: await makeKey("host") };
  knownHosts = `[127.0.0.1]:${port} ${await readFile(join(root.path, "host.pub"), "utf8")}`;
  head = await commit(join(root.path, "estate"), { "charts/blog/Chart.yaml": chartYaml("blog") });
  await startSshd();
  const args = ["daemon", "--export-all", "--listen=127.0.0.1", `--port=${daemonPort}`, `--base-path=${root.path}`, root.path];
  daemon = spawn(required("git", "git"), args, { stdio: "ignore", detached: true });
  await answers(daemonPort);
});
afterAll(async () => {
  sshd.kill();
  // git daemon is a child of git.
  if (daemon.pid !== undefined) process.kill(-daemon.pid);
  await root.remove();
});
beforeEach(async () => {
  site = await gitSite();
  source = await site.source();
});
afterEach(() => site.remove());

const user = userInfo().username;
const blog = (credentials: Credentials, over: { location?: string; reference?: string } = {}) =>
  fetchChart(source, over.location ?? `ssh://${user}@127.0.0.1:${port}${root.path}/estate`, { subpath: "charts/blog", credentials, ...over });
const rejected = (promise: Promise<unknown>): Promise<SourceError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => (error instanceof SourceError ? error : Promise.reject(error)),
  );

describe("git over ssh", () => {
  it("fetches with the key and the host keys of the Secret", async () => {
    const artifact = await blog({ sshKey: keys.user, knownHosts });
    expect(artifact).toMatchObject({ name: "blog", source: { resolved: head } });
    expect((await blog({ sshKey: keys.user.trim(), knownHosts: knownHosts.trim() }, { reference: head.slice(0, 8) })).digest).toBe(artifact.digest);
  });

  it("takes the user from the Secret when the location has none", async () => {
    const location = `ssh://127.0.0.1:${port}${root.path}/estate`;
    expect(await blog({ username: user, sshKey: keys.user, knownHosts }, { location })).toMatchObject({ name: "blog" });
  });

  it.each<[string, () => Credentials, string, string]>([
    ["another key", () => ({ sshKey: keys.stranger, knownHosts }), "Unauthorized", "the server refuses the key"],
    ["no key", () => ({ knownHosts }), "Unauthorized", "needs a private key"],
    ["what is no key", () => ({ sshKey: "hunter2-canary", knownHosts }), "Unauthorized", "the private key in the Secret cannot be read"],
    ["no known hosts", () => ({ sshKey: keys.user }), "Unauthorized", "needs the host keys of 127.0.0.1"],
    ["empty known hosts", () => ({ sshKey: keys.user, knownHosts: "" }), "VerificationFailed", "a host key that is not among the known hosts"],
    [
      "the host key of another server",
      () => ({
        sshKey: keys.user,
        knownHosts: knownHosts.replace(/AAAA\S+/, "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
      }),
      "VerificationFailed",
      "a host key that is not among the known hosts",
    ],
    [
      "the host key of another port",
      () => ({ sshKey: keys.user, knownHosts: knownHosts.replace(`:${port}`, ":22") }),
      "VerificationFailed",
      "host key",
    ],
  ])("refuses %s, and leaves nothing behind", async (_title, credentials, reason, message) => {
    const error = await rejected(blog(credentials()));
    expect(error).toMatchObject({ reason, class: "terminal", message: expect.stringContaining(message) });
    expect(error.message).not.toMatch(/canary|tmp-|PRIVATE/);
    expect(await site.cached()).toEqual([]);
  });

  it("does not look at host keys when told so", async () => {
    expect(await blog({ sshKey: keys.user, insecure: true })).toMatchObject({ name: "blog" });
  });

  it("says that there is no repository", async () => {
    const location = `ssh://${user}@127.0.0.1:${port}${root.path}/absent`;
    expect(await rejected(blog({ sshKey: keys.user, knownHosts }, { location }))).toMatchObject({ reason: "NotFound" });
  });

  it("says that nobody listens", async () => {
    const location = `ssh://${user}@127.0.0.1:${await freePort()}/estate`;
    const error = await rejected(blog({ sshKey: keys.user, knownHosts }, { location }));
    expect(error).toMatchObject({ reason: "Unreachable", class: "transient", message: expect.stringContaining("ECONNREFUSED") });
  });

  it("connects to no loopback address unless that is allowed", async () => {
    source = await site.source({ allowLocalAddresses: false });
    const error = await rejected(blog({ sshKey: keys.user, knownHosts }));
    expect(error).toMatchObject({ reason: "NotAllowed", message: expect.stringContaining("--allow-local-addresses") });
  });

  it("keeps keys out of argv and environment", async () => {
    await blog({ sshKey: keys.user, knownHosts });
    const secret = keys.user.split("\n")[1] ?? "";
    expect(JSON.stringify(site.started)).not.toContain(secret);
    expect((await site.cached()).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  });
});

describe("git over its own protocol", () => {
  it("fetches through the door", async () => {
    const location = `git://127.0.0.1:${daemonPort}/estate`;
    expect(await blog({}, { location })).toMatchObject({ name: "blog", source: { resolved: head } });
    expect(await rejected(blog({}, { location: `${location}-absent` }))).toMatchObject({ reason: "NotFound" });
    source = await site.source({ allowLocalAddresses: false });
    expect(await rejected(blog({}, { location }))).toMatchObject({ reason: "NotAllowed" });
  });
});
