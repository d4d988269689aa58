import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CHART_YAML, temporaryFolder } from "../testing/artifacts.ts";
import { tarOf } from "../testing/archive.ts";
import { fetchingSite } from "../testing/site.ts";

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  temporary = await temporaryFolder();
});
afterEach(() => temporary.remove());

const keep = async (site: Awaited<ReturnType<typeof fetchingSite>>, bytes: Uint8Array): Promise<string> => {
  const digest = await site.raw.keep(async (sink) => {
    await sink(bytes);
    return true;
  });
  return digest ?? "";
};

test("a stop ends an unpacking, leaves nothing of it, and the archive for the next time", async () => {
  const stop = new AbortController();
  const site = await fetchingSite(temporary.path, { stop: stop.signal });
  const digest = await keep(
    site,
    tarOf([
      { path: "blog/Chart.yaml", text: CHART_YAML },
      { path: "blog/big", text: randomBytes(32 * 2 ** 20) },
    ]),
  );
  const outcome = site.charts.read({ digest, subpath: ".", field: "x" }).catch((error: unknown) => error);
  const raw = join(temporary.path, "raw");
  while (!(await readdir(raw, { recursive: true })).some((path) => path.endsWith("/big"))) await new Promise(setImmediate);
  stop.abort(new Error("stopped"));
  expect(await outcome).toBe(stop.signal.reason);
  expect(await readdir(raw)).toEqual([digest.slice("sha256:".length)]);
});

test("archives that wait for their turn to be unpacked do not make room for others", async () => {
  const site = await fetchingSite(temporary.path, { cacheBytes: 8 * 2 ** 20 });
  const archive = (name: string): Uint8Array =>
    tarOf([
      { path: `${name}/Chart.yaml`, text: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n` },
      { path: `${name}/big`, text: randomBytes(2 * 2 ** 20) },
    ]);
  const digests = [await keep(site, archive("a")), await keep(site, archive("b")), await keep(site, archive("c"))];
  const reading = Promise.all(digests.map((digest) => site.charts.read({ digest, subpath: ".", field: digest })));
  await expect(keep(site, archive("d"))).rejects.toMatchObject({ reason: "TooLarge", class: "transient" });
  expect((await reading).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("an archive that no chart can be read of does not stay", async () => {
  const site = await fetchingSite(temporary.path);
  const digest = await keep(site, Buffer.from("no archive"));
  await expect(site.charts.read({ digest, subpath: ".", field: "x" })).rejects.toMatchObject({ reason: "InvalidChart" });
  expect(await readdir(join(temporary.path, "raw"))).toEqual([]);
});
