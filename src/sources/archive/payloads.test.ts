import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lookup } from "../net/address-guard.ts";
import { OciSource } from "../oci/source.ts";
import { RepoSource } from "../repo/source.ts";
import type { SourceRouter } from "../router.ts";
import { routerOf } from "../testing/router.ts";
import type { SourceSpec } from "../source.ts";
import { SourceError } from "../errors.ts";
import { TarSource } from "../tar-source.ts";
import { CHART_YAML, temporaryFolder, writeTree } from "../testing/artifacts.ts";
import { chartTgz } from "../testing/archive.ts";
import { createRegistry } from "../testing/registry.ts";
import { serve, type TestServer } from "../testing/server.ts";
import { fetchingSite } from "../testing/site.ts";

/** Strings that have done harm elsewhere: options, traversal, other transports, separators, templates, secrets of this machine. */
const PAYLOADS = [
  "-x",
  "--output=/tmp/pwned",
  "--upload-pack=touch /tmp/pwned",
  "--post-renderer=/bin/sh",
  "-c core.sshCommand=id",
  "../../../../etc/passwd",
  "..%2f..%2fetc%2fpasswd",
  "/etc/passwd",
  "file:///etc/passwd",
  "ext::sh -c id",
  "a\0b",
  "a\r\nHost: evil.example",
  "a b;id|id&id`id`$(id)",
  "${HOME}",
  "{{ .Values }}",
  "\\\\evil\\share",
  "__proto__",
  "constructor",
  "%00",
  "*",
  "💥".repeat(500),
  "",
];

/** Places of this machine and of its link, as they may be written. */
const LOCAL = [
  "169.254.169.254/latest/meta-data",
  "2852039166/",
  "0xa9fea9fe/",
  "127.0.0.1:1/",
  "[::1]:1/",
  "[fe80::1]/",
  "[::ffff:169.254.169.254]/",
];

const { signal } = new AbortController();
/** No name of a test leads anywhere; each is remembered. */
const names: string[] = [];
const lookup: Lookup = (name, _options, answer) => {
  names.push(name);
  answer(Object.assign(new Error("nowhere"), { code: "ENOTFOUND" }), []);
};
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let router: SourceRouter;

beforeEach(async () => {
  temporary = await temporaryFolder();
  await writeTree(temporary.path, { "local/README": "x" });
  const archive = chartTgz({ "blog/Chart.yaml": CHART_YAML });
  await writeFile(join(temporary.path, "local/blog.tgz"), archive);
  const registry = createRegistry();
  registry.push("0.1.0", archive);
  server = await serve((request, response) => {
    if (request.url?.startsWith("/v2/") === true) registry.listener(request, response);
    else if (request.url === "/index.yaml")
      response.end('{"apiVersion":"v1","entries":{"blog":[{"name":"blog","version":"0.1.0","urls":["blog.tgz"]}]}}');
    else if (request.url === "/blog.tgz") response.end(archive);
    else response.writeHead(404).end();
  });
  names.length = 0;
  router = await boot({});
});
const boot = async (options: { readonly allowLocalAddresses?: boolean }): Promise<SourceRouter> => {
  const site = await fetchingSite(temporary.path, { ...options, lookup });
  const oci = new OciSource({ ...site, plainHttpRegistries: [`127.0.0.1:${server.port}`] });
  const tar = new TarSource({ ...site, roots: [{ mount: "/opt/armada/helm-charts", path: join(temporary.path, "local") }] });
  return routerOf({ tar, oci, repo: new RepoSource({ ...site, oci }) });
};
afterEach(async () => {
  await server.close();
  await temporary.remove();
});

const good = (): Readonly<Record<string, SourceSpec>> => ({
  tar: { type: "tar", location: `${server.url}/blog.tgz`, subpath: "blog" },
  file: { type: "tar", location: "file:///opt/armada/helm-charts/blog.tgz", subpath: "blog" },
  repo: { type: "repo", location: server.url, subpath: ".", chart: "blog", version: "0.1.0" },
  oci: { type: "oci", location: `oci://127.0.0.1:${server.port}/charts/blog`, subpath: ".", reference: "0.1.0" },
});
/** The archive, the index, and one repository of the registry: a tag may be called anything that a tag may be called. */
const PLACES = /^GET \/(?:blog\.tgz|index\.yaml|v2\/charts\/blog\/(?:manifests\/[\w.-]+|blobs\/sha256:\w+|tags\/list))$/;

test.each(["tar", "file", "repo", "oci"])("the good source of %s is fetched", async (kind) => {
  expect(await router.fetch(good()[kind] ?? { type: kind, location: "", subpath: "" }, signal)).toMatchObject({ name: "blog" });
});

const FIELDS = ["type", "location", "subpath", "reference", "chart", "version", "proxy", "digest"] as const;

test.each(["tar", "file", "repo", "oci"].flatMap((kind) => FIELDS.map((field) => [kind, field] as const)))(
  "%s: whatever stands in %s, it is refused with a sentence or without effect, and leads nowhere else",
  async (kind, field) => {
    const before = await readdir(temporary.path);
    for (const payload of PAYLOADS) {
      const spec = { ...(good()[kind] ?? { type: kind, location: "", subpath: "" }), [field]: payload };
      const outcome = await router.fetch(spec, signal).catch((error: unknown) => error);
      if (!(outcome instanceof SourceError)) expect({ payload, outcome }).toMatchObject({ outcome: { name: "blog" } });
      else
        expect({ payload: payload.slice(0, 50), message: outcome.message.slice(0, 900) }).toEqual({
          payload: payload.slice(0, 50),
          message: expect.stringMatching(/^[^\0\r\n]{10,800}$/),
        });
    }
    const elsewhere = server.asked.filter((line) => !PLACES.test(line));
    expect(elsewhere).toEqual([]);
    expect(names.filter((name) => !PAYLOADS.includes(name))).toEqual([]);
    expect((await readdir(temporary.path)).filter((name) => !before.includes(name))).toEqual([]);
    expect((await readdir(join(temporary.path, "raw"))).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  },
);

describe.each(LOCAL)("%s, where addresses of this machine and of its link are not allowed,", (place) => {
  const fetch = async (spec: SourceSpec) => (await boot({ allowLocalAddresses: false })).fetch(spec, signal);
  const refusal = { reason: "NotAllowed", class: "terminal", message: expect.stringContaining("is a loopback, link-local") };

  test.each(["tar", "repo"])("is refused as location of %s", async (type) => {
    await expect(fetch({ type, location: `http://${place}`, subpath: ".", chart: "blog" })).rejects.toMatchObject(refusal);
  });

  test.each(["tar", "repo", "oci"])("is refused as proxy of %s", async (type) => {
    const location = type === "oci" ? "oci://charts.example/a/blog:1.0.0" : "http://charts.example/";
    await expect(fetch({ type, location, subpath: ".", chart: "blog", proxy: `http://${place}` })).rejects.toMatchObject(refusal);
    expect(names).toEqual([]);
  });
});
