import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { asFailed, contentOf, CostlyRecordError, DamagedRecordError, decodeRecord, encodeRecord, hooksManifest, hooksRunning } from "./encoding.ts";

/** `data.release` of a release whose helm 3.22 was killed while it waited in a hook. */
const pending = readFileSync(new URL("../testing/fixtures/records/pending-install.txt", import.meta.url), "utf8");

const twice = (bytes: Buffer): string => Buffer.from(bytes.toString("base64")).toString("base64");
const once = (data: string): Buffer => Buffer.from(Buffer.from(data, "base64").toString(), "base64");

test("a record of helm 3.22 is read", async () => {
  const content = contentOf(await decodeRecord(pending));
  expect(content).toEqual({
    name: "rec",
    namespace: "t",
    revision: 1,
    status: "pending-install",
    description: "Initial install underway",
    chart: { name: "hook", version: "0.1.0" },
    manifest: "---\n# Source: hook/templates/x.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: rec}\n",
    hooksRunning: ["rec-pre"],
  });
});

test("its hooks are read as a manifest", async () => {
  const manifest = hooksManifest(await decodeRecord(pending));
  expect(manifest).toMatch(/^---\n[^]*kind: Job/);
  expect(hooksManifest({ hooks: [{ manifest: "kind: A" }, { manifest: "kind: B" }] })).toBe("---\nkind: A\n---\nkind: B\n");
  expect(hooksManifest({})).toBe("");
});

test("what is decoded and encoded again is the same JSON, gzip in base64 twice", async () => {
  const again = await encodeRecord(await decodeRecord(pending));
  expect(JSON.parse(gunzipSync(once(again)).toString())).toEqual(JSON.parse(gunzipSync(once(pending)).toString()));
  expect(gunzipSync(once(again)).toString()).toContain('"config":{"big":12345678901234567000,"one":1,"text":"a"}');
});

test("a record from before helm compressed them is read", async () => {
  await expect(decodeRecord(twice(Buffer.from('{"name":"old"}')))).resolves.toEqual({ name: "old" });
});

test("a failed record keeps everything but status, description and running hooks", async () => {
  const before = await decodeRecord(pending);
  const after = asFailed(before, "interrupted: unlocked");
  expect(contentOf(after)).toEqual({ ...contentOf(before), status: "failed", description: "interrupted: unlocked", hooksRunning: [] });
  expect(after).toMatchObject({ config: before["config"], chart: before["chart"], version: 1, hooks: [{ last_run: { phase: "Unknown" } }] });
  expect(before).toEqual(await decodeRecord(pending));
});

test.each([
  ["no hooks", {}, []],
  ["hooks that never ran", { hooks: [{ name: "a", last_run: { phase: "" } }] }, []],
  [
    "one of three",
    {
      hooks: [
        { name: "a", last_run: { phase: "Succeeded" } },
        { name: "b", last_run: { phase: "Running" } },
        { name: "c", last_run: { phase: "Failed" } },
      ],
    },
    ["b"],
  ],
  ["damaged hooks", { hooks: [1, null, { name: "a" }, { last_run: "x" }] }, []],
])("hooksRunning: %s", (_title, release, names) => {
  expect(hooksRunning(release)).toEqual(names);
});

describe("a damaged record is said to be one, without a word of what is in it", () => {
  test.each([
    ["nothing", ""],
    ["no gzip and no JSON", twice(Buffer.from("secret words"))],
    ["half a gzip", twice(once(pending).subarray(0, 200))],
    ["gzip of no JSON", twice(gzipSync("secret words"))],
    ["gzip of a list", twice(gzipSync("[]"))],
    ["more than 32 MiB when unpacked", twice(gzipSync(Buffer.alloc(33 * 1024 * 1024)))],
  ])("%s", async (_title, data) => {
    const decoded = decodeRecord(data);
    await expect(decoded).rejects.toThrow(DamagedRecordError);
    await expect(decoded).rejects.toThrow(/^the release record cannot be read: (?!.*secret)/);
  });

  test("an object that is no release", () => {
    expect(() => contentOf({ name: "x" })).toThrow(DamagedRecordError);
  });
});

test.each([
  ["millions of small objects", { config: { list: JSON.parse(`[${"{},".repeat(300_000)}{}]`) } }, "it holds more than 200000 values"],
  ["values nested deep", { config: JSON.parse(`${"[".repeat(600)}1${"]".repeat(600)}`) }, "it is nested more than 500 levels deep"],
])("a record with %s is not read", async (_title, part, why) => {
  const packed = await encodeRecord({ name: "a", version: 1, ...part });
  await expect(decodeRecord(packed)).rejects.toThrow(`the release record is not read: ${why}`);
  await expect(decodeRecord(packed)).rejects.toBeInstanceOf(CostlyRecordError);
});

test("a record with a long manifest, full of signs, is", async () => {
  const record = { name: "a", version: 1, manifest: '{"a": [1, 2]},\\'.repeat(200_000) };
  expect(await decodeRecord(await encodeRecord(record))).toEqual(record);
});
