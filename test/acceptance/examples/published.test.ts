import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { withAddress } from "../../../src/apps/start/addressed.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";
import { normalised, tablesOf } from "../../testing/estate/tables.ts";
import { eventually } from "../../testing/eventually.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";
import { repository } from "../../testing/operator/operator.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { startDockerRegistry, type DockerRegistry } from "../../testing/servers/docker-registry.ts";
import { basic, serveFiles, type FileServer } from "../../testing/servers/file-server.ts";
import { commit, git, serveGit, type GitServer } from "../../testing/servers/git-server.ts";
import { startSshd, type Sshd } from "../../testing/servers/sshd.ts";

jest.setTimeout(120_000);

/** What the examples say; the hash is bcrypt of the password, which a registry wants. */
const [USER, PASSWORD] = ["robot", "change-me"];
const HTPASSWD = `${USER}:$2b$05$abcdefghijklmnopqrstuu073GaJD17yVUQzL9dpmEGN.aHPXYvq2\n`;
const fixture = (name: string): string => fileURLToPath(new URL(`../../../src/sources/testing/fixtures/tls/${name}`, import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let helm: HelmCli;
let site: Site;
let registry: DockerRegistry;
let charts: FileServer;
let gitServer: GitServer;
let sshd: Sshd;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  helm = helmCli(folder.path);
  // As in an image whose system trusts the authority.
  const env = { NODE_EXTRA_CA_CERTS: fixture("ca.crt"), PATH: `${process.env["PATH"] ?? ""}:/usr/bin:/bin` };
  site = await Site.start({ flags: ["--allow-local-addresses=true"], env });
  const ca = await readFile(fixture("ca.crt"), "utf8");
  registry = await startDockerRegistry(at("registry"), {
    login: HTPASSWD,
    tls: { certificate: fixture("server.crt"), key: fixture("server.key"), ca },
  });
  charts = await serveFiles({ authorization: [basic(USER, PASSWORD)] });
  await cp(join(repository, "helm-charts/testchart"), at("repositories/helm-charts/testchart"), { recursive: true });
  await commit(at("repositories/helm-charts"), {});
  gitServer = await serveGit(at("repositories"), { authorization: basic(USER, PASSWORD) });
  sshd = await startSshd(at("sshd"));
}, 120_000);

afterAll(async () => {
  await site?.stop();
  await Promise.all([registry?.stop(), charts?.close(), gitServer?.close()]);
  sshd?.stop();
  await folder?.remove();
}, 60_000);

/** Applies the files of an example, changed, and waits until `kubectl get` shows what its README says. */
const endsInItsTable = async (example: string, files: string, change: (text: string) => string): Promise<Namespace> => {
  const namespace = await site.namespace(files.replaceAll("/", "-"));
  const from = join(repository, files);
  for (const name of (await readdir(from)).filter((file) => file.endsWith(".yaml")))
    await namespace.kubectl(["apply", "-f", "-"], change(await readFile(join(from, name), "utf8")));
  const table = tablesOf(await readFile(join(repository, example, "README.md"), "utf8")).at(-1);
  await eventually("kubectl get shows the table of the README", async () => {
    expect(normalised(await namespace.kubectl(["get", "act,acg,amf"]))).toBe(table);
  });
  return namespace;
};

const resolved = async (namespace: Namespace): Promise<string | undefined> => textAt(await namespace.get("act/blog"), "status.source.resolved");

test("examples/sources/oci ends in its table with a real registry that has a login and TLS, and a chart that helm has pushed", async () => {
  await helm.helm("package", join(repository, "helm-charts/testchart"), "--destination", folder.path);
  const login = ["--username", USER, "--password", PASSWORD, "--ca-file", fixture("ca.crt")];
  await helm.helm("push", at("testchart-0.1.0.tgz"), `oci://${registry.host}/charts`, ...login);
  const digest = await registry.digestOf("charts/testchart", "0.1.0");
  // helm writes the time into what it pushes.
  const change = (text: string) => text.replaceAll("registry.example.com", registry.host).replace(/sha256:[0-9a-f]{64}/, digest);
  expect(await resolved(await endsInItsTable("examples/sources/oci", "examples/sources/oci", change))).toBe(digest);
});

test("examples/sources/repo ends in its table with a repository that helm has indexed, at the newest version of the range", async () => {
  const stable = at("stable");
  await mkdir(stable);
  for (const version of ["0.1.0", "0.1.1", "0.2.0"])
    await helm.helm("package", join(repository, "helm-charts/testchart"), "--version", version, "--destination", stable);
  await helm.helm("repo", "index", stable);
  for (const file of await readdir(stable)) charts.files.set(`stable/${file}`, await readFile(join(stable, file)));
  const change = (text: string) => withAddress(text, "charts.example.com", `127.0.0.1:${String(charts.port)}`);
  expect(await resolved(await endsInItsTable("examples/sources/repo", "examples/sources/repo", change))).toBe("0.1.1");
});

test("examples/sources/git ends in its table with a git server that has a login", async () => {
  const change = (text: string) =>
    withAddress(text, "git.example.com", `127.0.0.1:${String(gitServer.port)}`).replace("/git/helm-charts.git", "/helm-charts/.git");
  const head = git(at("repositories/helm-charts"), "rev-parse", "HEAD");
  expect(await resolved(await endsInItsTable("examples/sources/git", "examples/sources/git", change))).toBe(head);
});

test("examples/sources/git/ssh ends in the same table with sshd, a deploy key and the host's keys", async () => {
  const head = git(at("repositories/helm-charts"), "rev-parse", "HEAD");
  const block = (text: string): string => text.trimEnd().replaceAll("\n", "\n    ");
  const change = (text: string) =>
    text
      .replace("git@git.example.com/platform/helm-charts.git", `${sshd.user}@127.0.0.1:${String(sshd.port)}${at("repositories/helm-charts")}`)
      .replace("(the file deploy-key)", block(sshd.key))
      .replace("(the file known_hosts)", block(sshd.knownHosts()));
  expect(await resolved(await endsInItsTable("examples/sources/git", "examples/sources/git/ssh", change))).toBe(head);
});
