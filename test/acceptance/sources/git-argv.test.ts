import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { GitSource } from "../../../src/sources/git/source.ts";
import type { SourceSpec } from "../../../src/sources/source.ts";
import { SourceError } from "../../../src/sources/errors.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { commit, type GitServer, serveGit } from "../../testing/servers/git-server.ts";
import { chartYaml, fetchChart, type GitSite, gitSite } from "../../testing/servers/git-site.ts";

jest.setTimeout(60_000);

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let server: GitServer;
let head: string;
let pwned: string;
let site: GitSite;
let source: GitSource;

beforeAll(async () => {
  root = await temporaryFolder();
  pwned = join(root.path, "pwned");
  head = await commit(join(root.path, "estate"), { "chart/Chart.yaml": chartYaml("blog") });
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
  expect(existsSync(pwned)).toBe(false);
  await site.remove();
});

/** `%` stands for a command that would leave a file behind. */
const PAYLOADS = [
  "--upload-pack=%",
  "-c core.sshCommand=%",
  "-oProxyCommand=%",
  "--",
  "-",
  "ext::sh -c %",
  "../../../etc",
  "/etc/passwd",
  "$(%)",
  "`%`",
  ";%",
  "|%",
  "&&%",
  "'\"",
  "a\nProxyCommand %",
  "a\r\nX-Header: 1",
  "a\0b",
  "%00",
  "${IFS}",
  "~",
  "*",
  "{a,b}",
];
const payloads = () => PAYLOADS.map((payload) => payload.replaceAll("%", `touch ${pwned}`));

const FETCH = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", "--no-write-fetch-head", "--depth=1", "--"];
const url = () => `${server.url}/estate/.git`;
const lsRemote = (at: string, names: readonly string[]) => [
  "git",
  "ls-remote",
  "--quiet",
  "--",
  at,
  "HEAD",
  ...names.flatMap((name) => [name, `${name}^{}`]),
];
/** All that a fetch of the head starts; `read` when the folder is there. */
const whole = (names: readonly string[], subpath: string, { read }: { readonly read: boolean }) => {
  const entry = expect.stringMatching(/^--git-dir=\/[0-9a-f]{40}-[0-9a-f]{40}$/);
  const made = expect.stringMatching(/^--git-dir=\/tmp-\*\/[0-9a-f]{40}-[0-9a-f]{40}$/);
  return [
    lsRemote(url(), names),
    ["git", "init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--", expect.stringMatching(/^\/tmp-\*\/[0-9a-f]{40}-[0-9a-f]{40}$/)],
    ["git", made, ...FETCH, url(), `+${head}:refs/armada/commit`],
    ["git", entry, "ls-tree", "-r", "-l", "-z", "--full-tree", `${head}:${subpath}`],
    ...(read ? [["git", entry, "--work-tree=/tmp-*/tree", "read-tree", "--reset", "-u", `${head}:${subpath}`]] : []),
  ];
};

const MAIN = ["refs/tags/main", "refs/heads/main"];
const outcome = async (over: Partial<SourceSpec>): Promise<string> =>
  fetchChart(source, over.location ?? url(), { subpath: "chart", reference: "main", ...over }).then(
    () => "fetched",
    (error: unknown) => {
      if (!(error instanceof SourceError)) throw error;
      return error.reason;
    },
  );
const argv = () => site.started.splice(0).map((each) => each.argv);

describe("the argv of git", () => {
  it("is exactly this for an ordinary source", async () => {
    expect(await outcome({})).toBe("fetched");
    expect(argv()).toEqual(whole(MAIN, "chart", { read: true }));
  });

  it("never comes to be for a location that is no URL", async () => {
    for (const payload of payloads()) {
      expect(["NotAllowed", "Unsupported"]).toContain(await outcome({ location: payload }));
      expect(["NotAllowed", "Unsupported"]).toContain(await outcome({ location: `ssh://${payload}/a` }));
      expect(["NotAllowed", "Unsupported"]).toContain(await outcome({ location: `ssh://${payload}@127.0.0.1/a` }));
    }
    expect(argv()).toEqual([]);
  });

  it("has the location after --, whatever its path says", async () => {
    for (const payload of payloads()) {
      const written = `${url()}/x${payload}`;
      const result = await outcome({ location: written });
      const started = argv();
      if (started.length === 0) expect(result).toBe("NotAllowed");
      else expect([payload, result, started]).toEqual([payload, "NotFound", [lsRemote(new URL(written).href, MAIN)]]);
    }
  });

  it("has a reference as a full name only", async () => {
    for (const payload of payloads()) {
      const result = await outcome({ reference: payload });
      const started = argv();
      if (started.length === 0) expect(result).toBe("NotAllowed");
      else expect([result, started]).toEqual(["NotFound", [lsRemote(url(), [`refs/tags/${payload}`, `refs/heads/${payload}`])]]);
    }
  });

  it("has a subpath behind the commit only", async () => {
    await outcome({});
    argv();
    for (const payload of payloads()) {
      const result = await outcome({ subpath: payload });
      const started = argv();
      if (started.length === 0) expect(result).toBe("NotAllowed");
      else expect([result, started.at(-1)]).toEqual(["NotFound", whole([], payload, { read: false }).at(-1)]);
    }
  });

  it("has nothing of what else there is", async () => {
    for (const payload of payloads()) {
      source = await (await swap()).source();
      const words = { type: payload, authMethod: payload, chart: payload, version: payload };
      const result = await outcome({ ...words, credentials: { username: payload, password: payload, sshKey: payload, knownHosts: payload } });
      expect([payload, result, argv()]).toEqual([payload, "fetched", whole(MAIN, "chart", { read: true })]);
    }
  });

  it("has nothing of a token", async () => {
    for (const payload of payloads().filter((text) => /^[\x21-\x7e]+$/.test(text))) {
      source = await (await swap()).source();
      expect([await outcome({ credentials: { token: payload } }), argv()]).toEqual(["fetched", whole(MAIN, "chart", { read: true })]);
    }
  });

  it("has nothing of a proxy, which is refused when it is no URL", async () => {
    for (const payload of payloads()) {
      const result = await outcome({ proxy: payload });
      const started = argv();
      if (started.length === 0) expect(result).toBe("NotAllowed");
      else expect([result, started]).toEqual(["Unreachable", [lsRemote(url(), MAIN)]]);
    }
  });

  it("has nothing of keys and certificates", async () => {
    for (const payload of payloads()) {
      await outcome({ credentials: { ca: payload, clientCert: payload, clientKey: payload } });
      for (const each of argv()) expect(each.join(" ")).not.toContain(payload.length > 4 ? payload : "\n");
    }
  });
});

/** A site with an empty cache. */
const swap = async (): Promise<GitSite> => {
  await site.remove();
  site = await gitSite();
  return site;
};
