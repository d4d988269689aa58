import { expect, test } from "@jest/globals";
import { KeptIndexes } from "./kept-indexes.ts";
import type { RepoIndex } from "./repository-index.ts";

const indexOf = (versions: number): RepoIndex =>
  new Map([
    [
      "blog",
      {
        versions: Array.from({ length: versions / 2 }, () => ({ version: "1.0.0", url: undefined, digest: undefined })),
        unusable: Array.from({ length: versions / 2 }, () => ({ version: "latest", why: "is none" })),
      },
    ],
  ]);

/** Indexes, and how often each was read. */
const world = () => {
  const kept = new KeptIndexes();
  const reads: string[] = [];
  const get = (digest: string, versions = 1) =>
    kept.get(digest, () => {
      reads.push(digest);
      return Promise.resolve(indexOf(versions));
    });
  return { kept, reads, get };
};

test("an index is read once for all who ask, also at the same time", async () => {
  const { reads, get } = world();
  const all = await Promise.all([get("a"), get("a"), get("b"), get("a")]);
  expect(await get("a")).toBe(all[0]);
  expect(reads).toEqual(["a", "b"]);
});

test("one index is read at a time", async () => {
  const { kept, reads, get } = world();
  const first = Promise.withResolvers<RepoIndex>();
  const slow = kept.get("slow", () => first.promise);
  const next = get("next");
  await new Promise(setImmediate);
  expect(reads).toEqual([]);
  first.resolve(indexOf(1));
  await Promise.all([slow, next]);
  expect(reads).toEqual(["next"]);
});

test("one that cannot be read is read again for whoever asks next", async () => {
  const { kept, reads, get } = world();
  const failing = () => kept.get("a", () => Promise.reject(new Error("damaged")));
  expect(await Promise.allSettled([failing(), failing()])).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  await get("a");
  expect(reads).toEqual(["a"]);
});

test("those asked for longest ago are forgotten when there are too many versions, and never the only one", async () => {
  const { reads, get } = world();
  for (const digest of ["a", "b"]) await get(digest, 140_000);
  await get("a");
  await get("c", 140_000);
  for (const digest of ["a", "c", "b"]) await get(digest, 140_000);
  expect(reads).toEqual(["a", "b", "c", "b"]);
  await get("large", 400_000);
  await get("large");
  expect(reads).toEqual(["a", "b", "c", "b", "large"]);
});
