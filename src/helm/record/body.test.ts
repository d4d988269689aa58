import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { ApiError, type ObjectRef } from "../../runtime/api.ts";
import type { DynamicObject } from "../../runtime/object.ts";
import { adaptManifest, failRecord, loadContent, omitObjects, purgeRecords, relabelRelease, unlockRelease, type SecretApi } from "./body.ts";
import { contentOf, DamagedRecordError, decodeRecord, encodeRecord } from "./encoding.ts";
import { recordOfSecrets } from "./revision.ts";

const live = new AbortController().signal;
const data = readFileSync(new URL("../testing/fixtures/records/pending-install.txt", import.meta.url), "utf8");
const release = { namespace: "t", name: "rec" };

const secret = (revision: number, resourceVersion = String(100 + revision)): DynamicObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: `sh.helm.release.v1.rec.v${revision}`,
    namespace: "t",
    uid: `u${revision}`,
    resourceVersion,
    labels: { name: "rec", owner: "helm", status: "pending-install", version: String(revision), "armada.airshipit.org/owner": "0c5e" },
  },
  type: "helm.sh/release.v1",
  data: { release: data },
});

const recordOf = (...secrets: readonly DynamicObject[]) => {
  const record = recordOfSecrets(release, secrets);
  if (record === undefined) throw new Error("no record");
  return record;
};

/** An API server that holds `stored` and notes what is asked of it. */
const apiWith = (stored: DynamicObject | undefined) => {
  const calls: unknown[] = [];
  const note = (verb: string, { name }: ObjectRef, ...rest: readonly unknown[]): void => void calls.push([verb, name, ...rest]);
  const api: SecretApi = {
    get: async (ref) => {
      note("get", ref);
      return stored;
    },
    replace: async (ref, body) => {
      note("replace", ref, body);
      return secret(1);
    },
    patch: async (ref, patch) => {
      note("patch", ref, patch);
      return secret(1);
    },
    delete: async ({ only, ...ref }) => note("delete", ref, only),
  };
  return { api, calls };
};

test("loadContent reads the newest revision", async () => {
  const { api, calls } = apiWith(secret(2));
  await expect(loadContent(api, recordOf(secret(1), secret(2)), live)).resolves.toMatchObject({ name: "rec", hooksRunning: ["rec-pre"] });
  expect(calls).toEqual([["get", "sh.helm.release.v1.rec.v2"]]);
});

test("loadContent of a Secret that is gone is undefined, of one without a release an error", async () => {
  await expect(loadContent(apiWith(undefined).api, recordOf(secret(1)), live)).resolves.toBeUndefined();
  const { data: _, ...without } = secret(1);
  await expect(loadContent(apiWith(without).api, recordOf(secret(1)), live)).rejects.toThrow(DamagedRecordError);
});

test("failRecord changes body and label, and keeps version, other labels and type", async () => {
  const failed = await failRecord(secret(1), { description: "interrupted", nowMs: 1_795_000_000_999 });
  expect(failed).toMatchObject({ type: "helm.sh/release.v1", metadata: { resourceVersion: "101", uid: "u1" } });
  expect(failed.metadata.labels).toEqual({ ...secret(1).metadata.labels, status: "failed", modifiedAt: "1795000000" });
  const body = failed["data"];
  const text = typeof body === "object" && body !== null && "release" in body ? String(body.release) : "";
  expect(contentOf(await decodeRecord(text))).toMatchObject({ status: "failed", description: "interrupted", hooksRunning: [] });
});

test("unlockRelease replaces the Secret that the record speaks of", async () => {
  const { api, calls } = apiWith(secret(1));
  await unlockRelease(api, recordOf(secret(1)), { description: "interrupted", nowMs: 0 }, live);
  expect(calls).toEqual([
    ["get", "sh.helm.release.v1.rec.v1"],
    ["replace", "sh.helm.release.v1.rec.v1", expect.objectContaining({ metadata: expect.objectContaining({ resourceVersion: "101" }) })],
  ]);
});

test.each([
  ["has changed since", secret(1, "999"), 409],
  ["is gone", undefined, 404],
])("unlockRelease touches nothing when the Secret %s", async (_title, stored, status) => {
  const { api, calls } = apiWith(stored);
  const unlocked = unlockRelease(api, recordOf(secret(1)), { description: "interrupted", nowMs: 0 }, live);
  await expect(unlocked).rejects.toThrow(ApiError);
  await expect(unlocked).rejects.toMatchObject({ status });
  expect(calls).toHaveLength(1);
});

test("labels are written on condition of uid and resourceVersion", async () => {
  const { api, calls } = apiWith(secret(1));
  const labels = { owner: "9", inputs: "sha256.ff", revision: 1, epoch: "8" };
  await relabelRelease(api, recordOf(secret(1)), labels, live);
  const keys = ["owner", "inputs", "revision", "epoch"].map((key) => `armada.airshipit.org/${key}`);
  const patchOf = (values: readonly unknown[]) => ({
    type: "merge",
    body: { metadata: { uid: "u1", resourceVersion: "101", labels: Object.fromEntries(keys.map((key, index) => [key, values[index]])) } },
  });
  expect(calls).toEqual([["patch", "sh.helm.release.v1.rec.v1", patchOf(["9", "sha256.ff", "1", "8"])]]);
});

test("purgeRecords deletes every revision on condition, the newest last", async () => {
  const { api, calls } = apiWith(undefined);
  await purgeRecords(api, recordOf(secret(2), secret(1), secret(10)), live);
  expect(calls).toEqual([
    ["delete", "sh.helm.release.v1.rec.v1", { uid: "u1", resourceVersion: "101" }],
    ["delete", "sh.helm.release.v1.rec.v2", { uid: "u2", resourceVersion: "102" }],
    ["delete", "sh.helm.release.v1.rec.v10", { uid: "u10", resourceVersion: "110" }],
  ]);
});

describe("adaptManifest", () => {
  const map = "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
  const widget = "\napiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\n";
  const holding = async (revision: number, status: string, resourceVersion?: string): Promise<DynamicObject> => {
    const plain = secret(revision, resourceVersion);
    const body = { ...(await decodeRecord(data)), manifest: ["", map, widget].join("---") };
    return { ...plain, metadata: { ...plain.metadata, labels: { ...plain.metadata.labels, status } }, data: { release: await encodeRecord(body) } };
  };
  const serving = ({ kind }: { readonly kind: string }) => Promise.resolve(kind === "Widget" ? ("gone" as const) : ("served" as const));

  test.each([
    ["uninstall", "sh.helm.release.v1.rec.v3", "failed"],
    ["upgrade", "sh.helm.release.v1.rec.v2", "deployed"],
  ] as const)("rewrites the revision that helm %s goes on from under its version, and nothing but its manifest", async (verb, name, status) => {
    const all = [await holding(1, "superseded"), await holding(2, "deployed"), await holding(3, "failed")];
    const stored = all.find(({ metadata }) => metadata.name === name);
    const { api, calls } = apiWith(stored);
    expect(await adaptManifest(api, recordOf(...all), { verb, serving }, live)).toEqual([expect.stringContaining("Widget w is removed")]);
    expect(calls).toEqual([
      ["get", name],
      ["replace", name, { ...stored, data: expect.anything() }],
    ]);
    const [, , body] = calls[1] as [string, string, DynamicObject]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- asserted above
    const before = await decodeRecord(data);
    expect(stored?.metadata.labels?.["status"]).toBe(status);
    expect(await decodeRecord((body["data"] as { release: string }).release)).toEqual({ ...before, manifest: ["", map].join("---") }); // oxlint-disable-line typescript/no-unsafe-type-assertion -- as written
  });

  test("writes nothing when everything is served", async () => {
    const stored = await holding(1, "deployed");
    const { api, calls } = apiWith(stored);
    expect(await adaptManifest(api, recordOf(stored), { verb: "upgrade", serving: () => Promise.resolve("served") }, live)).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  test.each([
    ["what is served cannot be known", undefined, () => Promise.reject(new Error("away")), "away"],
    ["the Secret has changed", "999", serving, "has changed since it was read"],
  ])("writes nothing when %s", async (_, resourceVersion, asked, message) => {
    const { api, calls } = apiWith(await holding(1, "deployed", resourceVersion));
    await expect(adaptManifest(api, recordOf(await holding(1, "deployed")), { verb: "upgrade", serving: asked }, live)).rejects.toThrow(message);
    expect(calls).toHaveLength(1);
  });
});

test("omitObjects rewrites the manifest alone, and the Secret that it has seen alone", async () => {
  const { api, calls } = apiWith(secret(1));
  await omitObjects(api, recordOf(secret(1)), () => true, live);
  const [, [, , written]] = calls as [unknown, [string, string, DynamicObject]]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- as apiWith notes them
  const [before, after] = await Promise.all([decodeRecord(data), decodeRecord(String(Reflect.get(Object(written["data"]), "release")))]);
  expect(contentOf(before).manifest).not.toBe("");
  expect(after).toEqual({ ...before, manifest: "" });
  expect(written.metadata).toEqual(secret(1).metadata);
  await expect(omitObjects(apiWith(secret(1, "999")).api, recordOf(secret(1)), () => true, live)).rejects.toThrow("has changed since it was read");
});
