import { describe, expect, test } from "@jest/globals";
import { encodeRecord } from "./encoding.ts";
import { documentsIn, writtenRelease } from "./written-release.ts";

const raw = { name: "r", version: 1, manifest: "kind: A", hooks: [{ manifest: "kind: B" }, { manifest: 1 }, null] };
const data = await encodeRecord(raw);

const length = (bytes: number): readonly number[] => (bytes < 128 ? [bytes] : [128 + (bytes % 128), ...length(Math.floor(bytes / 128))]);
const field = (number: number, ...parts: readonly (string | Buffer)[]): Buffer => {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length(bytes.length)]), bytes]);
};
/** What client-go sends, numbers between the fields. */
const protobuf = (type: string): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    field(1, field(1, "v1"), field(2, "Secret")),
    field(
      2,
      field(1, field(1, "sh.helm.release.v1.r.v1"), Buffer.from([0x38, 0x96, 0x01])),
      field(2, field(1, "other"), field(2, "x")),
      field(2, field(1, "release"), field(2, Buffer.from(data, "base64"))),
      field(3, type),
      Buffer.from([0x28, 0x01]),
    ),
    field(3),
  ]);
const json = (type: string): Buffer => Buffer.from(JSON.stringify({ metadata: { name: "sh.helm.release.v1.r.v1" }, type, data: { release: data } }));

describe.each([
  ["protobuf", protobuf, "application/vnd.kubernetes.protobuf"],
  ["JSON", json, "application/json"],
] as const)("a Secret in %s", (_, body, contentType) => {
  test("that holds a release", async () => {
    const found = await writtenRelease(body("helm.sh/release.v1"), contentType);
    expect(found).toEqual({ name: "sh.helm.release.v1.r.v1", release: raw });
  });

  test("of another type", async () => {
    expect(await writtenRelease(body("Opaque"), contentType)).toBeUndefined();
  });

  test.each([1, 10, 40])("of which %i bytes are missing", async (missing) => {
    await expect(writtenRelease(body("helm.sh/release.v1").subarray(0, -missing), contentType)).rejects.toThrow(
      /what is to be written|cannot be read/,
    );
  });
});

test("objects and hooks are read, whatever else the release holds", () => {
  expect(documentsIn(raw)).toEqual(["kind: A", "kind: B"]);
  expect(documentsIn({})).toEqual([]);
});
