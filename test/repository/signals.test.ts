import { expect, test } from "@jest/globals";
import { production, read } from "./tree.ts";

/** Where it holds. */
const FOLDERS = ["src/sources/", "src/armada/chart/chart-source/", "src/apps/operator/sources/"];

test("an AbortSignal is the last parameter", () => {
  const wrong = production
    .filter((path) => FOLDERS.some((folder) => path.startsWith(folder)))
    .flatMap((path) => {
      const text = read(path);
      // Another parameter after it; fields of types end in a semicolon.
      const found = [...text.matchAll(/\b\w*[sS]ignal\??: AbortSignal(?: \| undefined)?(?: = [^,)]*)?,\s*[\w{[.]/g)];
      return found.map(({ index }) => `${path}:${String(text.slice(0, index).split("\n").length)}`);
    });
  expect(wrong.map((place) => `${place} has parameters after the signal: put it last`)).toEqual([]);
});
