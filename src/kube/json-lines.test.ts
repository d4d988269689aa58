import { expect, test } from "@jest/globals";
import { all } from "./testing/fake-api-server.ts";
import { completeLines } from "./json-lines.ts";

const lines = async (...chunks: readonly string[]): Promise<readonly (readonly string[])[]> =>
  all(completeLines(ReadableStream.from(chunks.map((chunk) => Buffer.from(chunk)))));

test.each<[string, readonly string[], readonly (readonly string[])[]]>([
  ["the lines of one chunk come together", ["a\nb\n"], [["a", "b"]]],
  ["a line over many chunks comes when it is whole", ["a", "b", "c\nd", "\n"], [["abc"], ["d"]]],
  ["empty lines are left out", ["\n\na\n"], [["a"]]],
  ["the last line needs no newline", ["a\nb"], [["a"], ["b"]]],
  ["nothing gives nothing", [], []],
])("%s", async (_title, chunks, expected) => {
  expect(await lines(...chunks)).toEqual(expected);
});
