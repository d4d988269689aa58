import { expect, test } from "@jest/globals";
import { sha256_40 } from "./digest.ts";

test("sha256_40 is a label value", () => {
  expect(sha256_40("a")).toMatch(/^sha256\.[0-9a-f]{40}$/);
});

test("sha256_40 stays the same from one version of the program to the next", () => {
  expect(sha256_40("chart", "values")).toBe("sha256.a8166959ec8c90162a9c3c60b8e469f4cd7142ad");
});

test("sha256_40 tells parts apart and takes bytes as text", () => {
  expect(sha256_40("ab", "c")).not.toBe(sha256_40("a", "bc"));
  expect(sha256_40("ab", "")).not.toBe(sha256_40("ab"));
  expect(sha256_40(Buffer.from("é"))).toBe(sha256_40("é"));
});
