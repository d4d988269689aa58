import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeTree } from "../../../src/sources/testing/artifacts.ts";
import { blog, SourceSite } from "../../testing/servers/source-site.ts";

jest.setTimeout(120_000);

const MOUNT = "/opt/armada/helm-charts";
let cells: SourceSite;
let root: string;

beforeAll(async () => {
  cells = await SourceSite.start(async (_canaries, folder) => {
    root = join(folder, "charts");
    await mkdir(root);
    return { chartRoot: root };
  });
}, 90_000);

afterAll(() => cells?.stop(), 60_000);

const put = (folder: string, text: string): Promise<void> => writeTree(root, blog(text, folder));
const local = (location: string, more: object = {}) => ({ type: "local", location, ...more });
const ONE = { type: "local", revision: 1, text: "one", resolved: expect.stringMatching(/^sha256\.[0-9a-f]{40}$/) };

test("public: deployed, by its path below the root, relative to it, and by a folder inside", async () => {
  await put("estate/blog", "one");
  for (const [name, source] of Object.entries({
    path: local(`${MOUNT}/estate/blog`),
    relative: local("estate/blog"),
    inside: local(`${MOUNT}/estate`, { subpath: "blog" }),
  }))
    await cells.withChart(name, source, (namespace) => cells.deployed(namespace, ONE));
});

test("missing: refused, and the release stays", async () => {
  await mkdir(join(root, "empty"));
  await writeFile(join(root, "file.tgz"), "");
  await cells.refused("no-folder", local(`${MOUNT}/absent`), `source.location "${MOUNT}/absent"`);
  await cells.refused("no-chart", local(`${MOUNT}/empty`), "Chart.yaml");
  await cells.refused("no-subpath", local(MOUNT, { subpath: "absent" }), 'with source.subpath "absent"');
  await cells.refused("archive", local(`${MOUNT}/file.tgz`), "is an archive, which a local source does not unpack");
  await put("going", "one");
  await cells.withChart("going", local(`${MOUNT}/going`, { interval: 1 }), async (namespace) => {
    await cells.deployed(namespace, ONE);
    const move = (from: string, to: string) => rename(join(root, from), join(root, to));
    await cells.outlives(namespace, { spoil: () => move("going", "gone"), says: `${MOUNT}/going`, mend: () => move("gone", "going") });
  });
});

test("moved reference: upgraded, when the folder is changed, on request and by the interval; another folder changes nothing", async () => {
  await put("moving/blog", "one");
  await writeTree(root, { "moving/blog/.helmignore": "notes\n" });
  await cells.withChart("moved", local(`${MOUNT}/moving/blog`), async (namespace) => {
    await cells.deployed(namespace, ONE);
    await put("moving/web", "two");
    await writeTree(root, { "moving/blog/notes": "not helm's\n" });
    await cells.ask(namespace);
    await cells.deployed(namespace, ONE);
    await change("moving/blog", "two");
    await cells.ask(namespace);
    await cells.deployed(namespace, { ...ONE, revision: 2, text: "two" });
    await namespace.patch("act/blog", { spec: { source: { interval: 1 } } });
    await change("moving/blog", "three");
    await cells.deployed(namespace, { ...ONE, revision: 3, text: "three" });
  });
});

/** At once: who reads at any moment sees the chart before or after. */
const change = async (folder: string, text: string): Promise<void> => {
  await put("beside", text);
  await rename(join(root, "beside/values.yaml"), join(root, folder, "values.yaml"));
};

test.each<[string, (folder: string) => unknown, string]>([
  [
    "a link to a file of this machine",
    (folder) => symlink("/etc/passwd", join(folder, "templates/x.yaml")),
    "is a symbolic link that is broken or points outside the chart",
  ],
  [
    "a link to a folder of this machine",
    (folder) => symlink("/etc", join(folder, "templates/x")),
    "is a symbolic link that is broken or points outside the chart",
  ],
  [
    "a link to another chart",
    (folder) => symlink("../../good/Chart.yaml", join(folder, "templates/x.yaml")),
    "is a symbolic link that is broken or points outside the chart",
  ],
  ["a link to itself", (folder) => symlink(".", join(folder, "templates/x")), "is a symbolic link to one of its own parent folders"],
  ["a pipe that nobody writes to", (folder) => execFileSync("mkfifo", [join(folder, "templates/x.yaml")]), "is neither a file nor a folder"],
  ["a file that is too large", (folder) => writeFile(join(folder, "x"), Buffer.alloc(6 * 2 ** 20)), "helm accepts files of at most 5242880"],
])("hostile: refused, a chart with %s", async (title, spoil, says) => {
  await put("good", "good");
  await put("bad", "bad");
  await spoil(join(root, "bad"));
  await cells.refused(title.replaceAll(" ", "-").slice(0, 40), local(`${MOUNT}/bad`), says);
  await rm(join(root, "bad"), { recursive: true });
});

test.each<[string, object, string]>([
  ["outside", { location: "/etc" }, "is outside the chart roots: use the folder of a chart below /opt/armada/helm-charts"],
  ["above", { location: `${MOUNT}/../../etc` }, 'must not contain ".."'],
  ["above-subpath", { location: MOUNT, subpath: "../../etc" }, 'must not contain ".."'],
  ["absolute-subpath", { location: MOUNT, subpath: "/etc" }, "source.subpath must be relative to source.location"],
  ["option", { location: "--kubeconfig=/etc/passwd" }, 'source.location "--kubeconfig=/etc/passwd"'],
  ["link", { location: `${MOUNT}/out` }, "is a symbolic link to outside the chart roots"],
])("hostile: refused, a place that is none: %s", async (name, over, says) => {
  await symlink("/etc", join(root, "out")).catch(() => undefined);
  await cells.refused(`place-${name}`, { ...local(MOUNT), ...over }, says);
});
