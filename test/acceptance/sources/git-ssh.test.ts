import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { freePorts } from "../../../src/local/control-plane/ports.ts";
import type { GitSource } from "../../../src/sources/git/source.ts";
import type { Credentials } from "../../../src/sources/source.ts";
import { SourceError } from "../../../src/sources/errors.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { commit, required } from "../../testing/servers/git-server.ts";
import { chartYaml, fetchChart, type GitSite, gitSite } from "../../testing/servers/git-site.ts";
import { answers, startSshd, type Sshd } from "../../testing/servers/sshd.ts";

jest.setTimeout(60_000);

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let sshd: Sshd;
let daemon: ChildProcess;
let daemonPort: number;
let head: string;
let knownHosts: string;
let site: GitSite;
let source: GitSource;

beforeAll(async () => {
  root = await temporaryFolder();
  head = await commit(join(root.path, "estate"), { "charts/blog/Chart.yaml": chartYaml("blog") });
  sshd = await startSshd(join(root.path, "sshd"));
  knownHosts = sshd.knownHosts();
  [daemonPort = 0] = await freePorts(1);
  const args = ["daemon", "--export-all", "--listen=127.0.0.1", `--port=${daemonPort}`, `--base-path=${root.path}`, root.path];
  daemon = spawn(required("git", "git"), args, { stdio: "ignore", detached: true });
  await answers(daemonPort);
});
afterAll(async () => {
  sshd.stop();
  // git daemon is a child of git.
  if (daemon.pid !== undefined) process.kill(-daemon.pid);
  await root.remove();
});
beforeEach(async () => {
  site = await gitSite();
  source = await site.source();
});
afterEach(() => site.remove());

const place = (path: string, at = sshd.port) => `ssh://${sshd.user}@127.0.0.1:${at}${root.path}${path}`;
const blog = (credentials: Credentials, over: { location?: string; reference?: string } = {}) =>
  fetchChart(source, over.location ?? place("/estate"), { subpath: "charts/blog", credentials, ...over });
const rejected = (promise: Promise<unknown>): Promise<SourceError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => (error instanceof SourceError ? error : Promise.reject(error)),
  );

describe("git over ssh", () => {
  it("fetches with the key and the host keys of the Secret", async () => {
    const artifact = await blog({ sshKey: sshd.key, knownHosts });
    expect(artifact).toMatchObject({ name: "blog", source: { resolved: head } });
    expect((await blog({ sshKey: sshd.key.trim(), knownHosts: knownHosts.trim() }, { reference: head.slice(0, 8) })).digest).toBe(artifact.digest);
  });

  it("takes the user from the Secret when the location has none", async () => {
    const location = place("/estate").replace(/[^/]*@/, "");
    expect(await blog({ username: sshd.user, sshKey: sshd.key, knownHosts }, { location })).toMatchObject({ name: "blog" });
  });

  it.each<[string, () => Credentials, string, string]>([
    ["another key", () => ({ sshKey: sshd.stranger, knownHosts }), "Unauthorized", "the server rejects the key"],
    ["no key", () => ({ knownHosts }), "Unauthorized", "needs a private key"],
    ["what is no key", () => ({ sshKey: "hunter2-canary", knownHosts }), "Unauthorized", "the private key in the Secret cannot be read"],
    ["no known hosts", () => ({ sshKey: sshd.key }), "Unauthorized", "needs the host keys of 127.0.0.1"],
    ["empty known hosts", () => ({ sshKey: sshd.key, knownHosts: "" }), "VerificationFailed", "host key is not in known_hosts"],
    [
      "the host key of another server",
      () => ({
        sshKey: sshd.key,
        knownHosts: knownHosts.replace(/AAAA\S+/, "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
      }),
      "VerificationFailed",
      "host key is not in known_hosts",
    ],
    ["the host key of another port", () => ({ sshKey: sshd.key, knownHosts: sshd.knownHosts(22) }), "VerificationFailed", "host key"],
  ])("refuses %s, and leaves nothing behind", async (_title, credentials, reason, message) => {
    const error = await rejected(blog(credentials()));
    expect(error).toMatchObject({ reason, class: "terminal", message: expect.stringContaining(message) });
    expect(error.message).not.toMatch(/canary|tmp-|PRIVATE/);
    expect(await site.cached()).toEqual([]);
  });

  it("does not look at host keys when told so", async () => {
    expect(await blog({ sshKey: sshd.key, insecure: true })).toMatchObject({ name: "blog" });
  });

  it("says that there is no repository", async () => {
    const location = place("/absent");
    expect(await rejected(blog({ sshKey: sshd.key, knownHosts }, { location }))).toMatchObject({ reason: "NotFound" });
  });

  it("says that nobody listens", async () => {
    const [free = 0] = await freePorts(1);
    const location = place("/estate", free);
    const error = await rejected(blog({ sshKey: sshd.key, knownHosts }, { location }));
    expect(error).toMatchObject({ reason: "Unreachable", class: "transient", message: expect.stringContaining("ECONNREFUSED") });
  });

  it("connects to no loopback address unless that is allowed", async () => {
    source = await site.source({ allowLocalAddresses: false });
    const error = await rejected(blog({ sshKey: sshd.key, knownHosts }));
    expect(error).toMatchObject({ reason: "NotAllowed", message: expect.stringContaining("--allow-local-addresses") });
  });

  it("keeps keys out of argv and environment", async () => {
    await blog({ sshKey: sshd.key, knownHosts });
    const secret = sshd.key.split("\n")[1] ?? "";
    expect(JSON.stringify(site.started)).not.toContain(secret);
    expect((await site.cached()).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  });
});

describe("git over its own protocol", () => {
  it("fetches through the egress proxy", async () => {
    const location = `git://127.0.0.1:${daemonPort}/estate`;
    expect(await blog({}, { location })).toMatchObject({ name: "blog", source: { resolved: head } });
    expect(await rejected(blog({}, { location: `${location}-absent` }))).toMatchObject({ reason: "NotFound" });
    source = await site.source({ allowLocalAddresses: false });
    expect(await rejected(blog({}, { location }))).toMatchObject({ reason: "NotAllowed" });
  });
});
