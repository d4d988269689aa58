import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../../src/base/time/clock.ts";
import { Semaphore } from "../../../src/base/work/semaphore.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { Git } from "../../../src/sources/git/run.ts";
import { GitCheckouts, READERS } from "../../../src/sources/git/checkouts.ts";
import { GIT_LIMITS } from "../../../src/sources/git/limits.ts";
import { BytesInFlight, ServerSemaphores } from "../../../src/sources/git/bounds.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { eventually } from "../../testing/eventually.ts";
import { commit, git } from "../../testing/servers/git-server.ts";
import { chartYaml } from "../../testing/servers/git-site.ts";

jest.setTimeout(60_000);

const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
const { signal } = new AbortController();
let root: Awaited<ReturnType<typeof temporaryFolder>>;
let head: string;

beforeAll(async () => {
  root = await temporaryFolder();
  head = await commit(join(root.path, "estate"), Object.fromEntries(names.map((name) => [`${name}/Chart.yaml`, chartYaml(name)])));
  git(root.path, "clone", "--quiet", "--bare", "estate", "bare");
});
afterAll(() => root.remove());

const checkouts = () => {
  const bounds = { remote: new ServerSemaphores({ server: 1, all: 1 }), local: new Semaphore(2) };
  const path = ownEnvironment()["PATH"] ?? "";
  const deps = { run, git: "git", path, clock: systemClock, limits: GIT_LIMITS, bounds, inFlight: new BytesInFlight(0), signal };
  const made = new GitCheckouts(async (use) => {
    const folder = await temporaryFolder();
    try {
      return await use(folder.path);
    } finally {
      await folder.remove();
    }
  }, signal);
  const request = { git: new Git(deps), repository: join(root.path, "bare"), commit: head, limits: GIT_LIMITS, field: "source.location" };
  return (subpath: string, read: (folder: string) => Promise<void>) => made.use({ ...request, subpath }, read);
};

test("charts of a commit that is there as a whole are read so many at a time", async () => {
  const use = checkouts();
  const alone = new Set<string>();
  let [now, most, ends]: [number, number, (() => void)[]] = [0, 0, []];
  const reading = names.map((name) =>
    use(name, (folder) => {
      if (!folder.endsWith(`/${name}`)) return Promise.resolve(void alone.add(name));
      most = Math.max(most, ++now);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      return promise.finally(() => now--);
    }),
  );
  const all = Promise.all(reading);
  await eventually("every place is taken", () => expect(now).toBe(READERS));
  for (let ended = 0; ended < names.length - alone.size; ended++) {
    await eventually("another one is read", () => expect(ends[ended]).toBeDefined());
    ends[ended]?.();
  }
  await all;
  expect([most, alone.size < names.length / 2]).toEqual([READERS, true]);
});
