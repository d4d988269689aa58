import { describe, expect, it, test } from "@jest/globals";
import { objectOf, parseGitReference, parseRefs, patternsOf } from "./reference.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const names = (...of: readonly string[]) => ({ kind: "name", names: of });

describe("parseGitReference", () => {
  it.each([
    [undefined, { kind: "default" }],
    ["", { kind: "default" }],
    ["HEAD", { kind: "default" }],
    [A.toUpperCase(), { kind: "commit", commit: A }],
    ["c".repeat(64), { kind: "commit", commit: "c".repeat(64) }],
    ["main", names("refs/tags/main", "refs/heads/main")],
    ["stable/2026.1", names("refs/tags/stable/2026.1", "refs/heads/stable/2026.1")],
    ["refs/changes/12/345/6", names("refs/changes/12/345/6")],
    ["DEADBEE", { ...names("refs/tags/DEADBEE", "refs/heads/DEADBEE"), prefix: "deadbee" }],
    ["abc", names("refs/tags/abc", "refs/heads/abc")],
    ["v1.0+build-3", names("refs/tags/v1.0+build-3", "refs/heads/v1.0+build-3")],
  ])("%j", (reference, expected) => {
    expect(parseGitReference(reference)).toEqual(expected);
  });

  it.each([
    "-",
    "--upload-pack=x",
    "-c core.sshCommand=x",
    "main ",
    "a b",
    "a\nb",
    "a\0",
    "a..b",
    "../../x",
    "/a",
    "a/",
    "a//b",
    ".a",
    "a/.b",
    "a.",
    "a.lock",
    "a.lock/b",
    "a~1",
    "a^{}",
    "a:b",
    "+a:b",
    "a?",
    "a*",
    "refs/heads/*",
    "[a]",
    "a\\b",
    "@",
    "a@{1}",
    "x".repeat(256),
  ])("refuses %j", (reference) => {
    expect(() => parseGitReference(reference)).toThrow(expect.objectContaining({ reason: "NotAllowed", class: "terminal" }));
  });
});

describe("objectOf", () => {
  const refs = (...lines: readonly string[]) => parseRefs(lines.map((line) => `${line}\n`).join(""));

  it.each([
    ["the default branch", undefined, refs(`${A}\tHEAD`), A],
    ["a branch", "x", refs(`${B}\tHEAD`, `${A}\trefs/heads/x`), A],
    ["a tag before a branch", "x", refs(`${B}\trefs/heads/x`, `${A}\trefs/tags/x`), A],
    ["what an annotated tag points to", "x", refs(`${B}\trefs/tags/x`, `${A}\trefs/tags/x^{}`), A],
    ["nothing of another name", "x", refs(`${A}\tHEAD`, `${B}\trefs/heads/y/x`), undefined],
    ["nothing in no output", undefined, refs(), undefined],
    ["nothing in something else", undefined, refs("HEAD", `${A} HEAD`, `zz\tHEAD`), undefined],
  ])("finds %s", (_title, written, found, expected) => {
    const reference = parseGitReference(written);
    if (reference.kind === "commit") throw new Error("not a name");
    expect(objectOf(reference, found)).toBe(expected);
  });
});

test("patternsOf names tag and branch in full, and what a tag points to", () => {
  expect(patternsOf({ kind: "default" })).toEqual(["HEAD"]);
  expect(patternsOf({ kind: "name", names: ["refs/heads/x"] })).toEqual(["HEAD", "refs/heads/x", "refs/heads/x^{}"]);
});
