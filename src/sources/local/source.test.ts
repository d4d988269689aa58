import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/time/clock.ts";
import { ChartCache } from "../cache/charts.ts";
import { LocalSource } from "./source.ts";
import { CHART_YAML, temporaryFolder, writeTree } from "../testing/artifacts.ts";

const MOUNT = "/opt/armada/helm-charts";
const signal = new AbortController().signal;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let source: LocalSource;

beforeEach(async () => {
  temporary = await temporaryFolder();
  const at = (path: string) => join(temporary.path, path);
  await writeTree(temporary.path, {
    "charts/blog/Chart.yaml": CHART_YAML,
    "charts/blog/templates/a.yaml": "a: 1\n",
    "charts/blog/secret.bak": "x",
    "charts/group/db/Chart.yaml": "name: db\nversion: 1.0.0\ntype: library\n",
    "charts/empty/readme": "no chart",
    "charts/old.tgz": "x",
    "charts/README": "x",
    "more/web/Chart.yaml": "name: web\nversion: 2.0.0\n",
    "outside/x/Chart.yaml": CHART_YAML,
    "charts-evil/x/Chart.yaml": CHART_YAML,
  });
  await symlink("../outside/x", at("charts/out"));
  await symlink("../more/web", at("charts/web"));
  await symlink("loop", at("charts/loop"));
  const cache = await ChartCache.open({ directory: at("cache"), clock: systemClock });
  source = new LocalSource({
    roots: [
      { mount: MOUNT, path: at("charts") },
      { mount: "/srv/more/", path: at("more") },
    ],
    cache,
    clock: systemClock,
  });
});
afterEach(() => temporary.remove());

const fetch = (location: string, subpath = ".") => source.fetch({ type: "local", location, subpath }, signal);

describe("LocalSource", () => {
  it("compares the chart with the pin, for each who asks", async () => {
    const pinned = (digest?: string) => source.fetch({ type: "local", location: "blog", subpath: ".", digest }, signal);
    const { digest } = await pinned();
    const wrong = `sha256.${"0".repeat(40)}`;
    const [good, bad] = await Promise.allSettled([pinned(digest), pinned(wrong)]);
    expect(good).toMatchObject({ status: "fulfilled", value: { digest } });
    expect(bad).toMatchObject({
      reason: { reason: "DigestMismatch", class: "terminal", message: expect.stringContaining(`${digest}, but source.digest is ${wrong}`) },
    });
    await expect(pinned("latest")).rejects.toMatchObject({ reason: "NotAllowed", message: expect.stringContaining("is not a digest") });
  });

  it.each([
    [`${MOUNT}/blog`, ".", "blog"],
    [`${MOUNT}/blog/`, "./", "blog"],
    [MOUNT, "blog", "blog"],
    [`${MOUNT}//group`, "db", "db"],
    ["blog", ".", "blog"],
    ["group/db", "", "db"],
    ["/srv/more", "web", "web"],
    ["/srv/more/web", ".", "web"],
    [`${MOUNT}/web`, ".", "web"],
  ])("finds location %s, subpath %s", async (location, subpath, name) => {
    expect(await fetch(location, subpath)).toMatchObject({ name });
  });

  it("returns an immutable copy with name, version, digest", async () => {
    const before = await fetch(`${MOUNT}/blog`);
    expect(before).toMatchObject({ name: "blog", version: "0.1.0", library: false, path: join(temporary.path, "cache", before.digest) });
    expect(await readdir(before.path, { recursive: true })).toEqual(expect.arrayContaining(["Chart.yaml", "templates/a.yaml"]));
    expect(before.source).toEqual({ resolved: before.digest, fetchedAtMs: expect.any(Number) });
    expect(await fetch("group/db")).toMatchObject({ library: true });
    expect((await fetch("blog")).digest).toBe(before.digest);
    await writeFile(join(temporary.path, "charts/blog/templates/a.yaml"), "a: 2\n");
    expect((await fetch("blog")).digest).not.toBe(before.digest);
  });

  it("does not count files that .helmignore leaves out", async () => {
    await writeTree(join(temporary.path, "charts/blog"), { ".helmignore": "*.bak\n" });
    const before = await fetch("blog");
    await writeFile(join(temporary.path, "charts/blog/secret.bak"), "changed");
    expect((await fetch("blog")).digest).toBe(before.digest);
  });

  it.each([
    ["/etc", ".", "NotAllowed", 'source.location "/etc" is outside the chart roots'],
    [`${MOUNT}/../../../etc`, ".", "NotAllowed", 'must not contain ".."'],
    [`${MOUNT}/blog`, "../blog", "NotAllowed", 'with source.subpath "../blog" must not contain ".."'],
    [MOUNT, "/etc", "NotAllowed", "source.subpath must be relative"],
    [`${MOUNT}-evil/x`, ".", "NotAllowed", "is outside the chart roots"],
    ["..", ".", "NotAllowed", 'must not contain ".."'],
    ["", ".", "NotAllowed", "source.location is empty"],
    ["blog\0", ".", "NotAllowed", "NUL character"],
    [`${MOUNT}/out`, ".", "NotAllowed", "is a symbolic link to outside the chart roots"],
    [`${MOUNT}/loop`, ".", "NotAllowed", "symbolic link loop"],
    [`${MOUNT}/absent`, ".", "NotFound", `source.location "${MOUNT}/absent" does not exist: use the folder of a chart below ${MOUNT}, /srv/more/`],
    [`${MOUNT}/README/x`, ".", "NotFound", "does not exist"],
    [`${MOUNT}/README`, ".", "Unsupported", "is not a folder"],
    [`${MOUNT}/old.tgz`, ".", "Unsupported", "is an archive, which a local source does not unpack"],
    [`${MOUNT}/empty`, ".", "InvalidChart", "Chart.yaml is missing"],
    [MOUNT, ".", "InvalidChart", "Chart.yaml is missing"],
  ])("refuses location %j, subpath %j: %s", async (location, subpath, reason, message) => {
    await rejectsWith(fetch(location, subpath), { reason, class: "terminal", message: expect.stringContaining(message) });
  });

  it("waits for a root that is not mounted yet", async () => {
    const cache = await ChartCache.open({ directory: join(temporary.path, "cache2"), clock: systemClock });
    const unmounted = new LocalSource({ roots: [{ mount: MOUNT, path: join(temporary.path, "later") }], cache, clock: systemClock });
    const wanted = { type: "local", location: "blog", subpath: "." };
    await rejectsWith(unmounted.fetch(wanted, signal), { class: "transient", message: expect.stringContaining("--chart-root") });
    await mkdir(join(temporary.path, "later"));
    await rejectsWith(unmounted.fetch(wanted, signal), { reason: "NotFound" });
  });

  it("gives up for the caller that aborts and for nobody else", async () => {
    const abort = new AbortController();
    const [mine, others] = [source.fetch({ type: "local", location: "blog", subpath: "." }, abort.signal), [fetch("blog"), fetch("blog")]];
    const gone = rejectsWith(mine, { message: "no longer wanted" });
    abort.abort(new Error("no longer wanted"));
    await gone;
    const digests = (await Promise.all(others)).map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(1);
    await expect(source.fetch({ type: "local", location: "blog", subpath: "." }, abort.signal)).rejects.toThrow("no longer wanted");
  });
});

const rejectsWith = (promise: Promise<unknown>, expected: object): Promise<void> => expect(promise).rejects.toMatchObject(expected);
