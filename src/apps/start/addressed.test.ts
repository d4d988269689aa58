import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { addressed, withAddress } from "./addressed.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-addressed-"));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  ["location: https://a.example.com/stable", "location: http://127.0.0.1:1/stable"],
  ["location: oci://a.example.com/charts/x", "location: oci://127.0.0.1:1/charts/x"],
  ['{"auths": {"a.example.com": {}}}', '{"auths": {"127.0.0.1:1": {}}}'],
  ["location: https://b.example.com", "location: https://b.example.com"],
])("withAddress: %s", (text, expected) => {
  expect(withAddress(text, "a.example.com", "127.0.0.1:1")).toBe(expected);
});

test("addressed copies the YAML files that kubectl apply -f FOLDER would read, and no others", async () => {
  await mkdir(join(folder, "example", "steps"), { recursive: true });
  for (const name of ["README.md", "a.yaml", "steps/b.yaml"]) await writeFile(join(folder, "example", name), "at: a.example.com\n");
  const objects = await addressed(join(folder, "example"), folder, "a.example.com", "127.0.0.1:1");
  expect(await readdir(objects)).toEqual(["a.yaml"]);
  expect(await readFile(join(objects, "a.yaml"), "utf8")).toBe("at: 127.0.0.1:1\n");
});
