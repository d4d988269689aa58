import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStateFolder } from "./state-folder.ts";

let parent = "";
let folder = "";
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "state-folder-"));
  folder = join(parent, "state");
});
afterEach(() => rmSync(parent, { recursive: true }));

test("a folder that is not there is made, for its owner alone, and found again", async () => {
  await openStateFolder(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await openStateFolder(folder);
});

test.each([
  ["read", 0o740],
  ["written", 0o702],
  ["entered", 0o711],
])("a folder that can be %s by others is refused, and left as it is", async (_, mode) => {
  mkdirSync(folder);
  chmodSync(folder, mode);
  const sentence = `the state folder ${folder} is open to others (mode 0${mode.toString(8)}): chmod 700 ${folder}; name a private folder with --state-dir`;
  await expect(openStateFolder(folder)).rejects.toThrow(new Error(sentence));
  expect(statSync(folder).mode & 0o777).toBe(mode);
});

test("a folder of another user is refused", async () => {
  mkdirSync(folder, { mode: 0o700 });
  const { uid } = statSync(folder);
  await expect(openStateFolder(folder, uid + 1)).rejects.toThrow(`belongs to user ${String(uid)}, and this is user ${String(uid + 1)}; name`);
});

test("a link of one's own to a private folder is followed", async () => {
  mkdirSync(folder, { mode: 0o700 });
  symlinkSync(folder, join(parent, "link"));
  await openStateFolder(join(parent, "link"));
});

test("what is no folder is refused", async () => {
  writeFileSync(folder, "", { mode: 0o600 });
  await expect(openStateFolder(folder)).rejects.toThrow(/^the state folder .* cannot be used: .*EEXIST.*; name a private folder with --state-dir$/);
});
