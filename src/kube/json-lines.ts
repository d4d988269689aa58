const NEWLINE = 10;

/**
 * The complete lines of a byte stream, those of each chunk together. Bytes are joined before they are decoded, so a chunk may end inside a
 * character; each byte is looked at once, however long a line is. What follows the last newline is given at the end.
 */
export async function* completeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[], void, undefined> {
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      pending.push(chunk);
      continue;
    }
    yield decode([...pending, chunk.subarray(0, end)]);
    pending = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
  }
  if (pending.length > 0) yield decode(pending);
}

const decode = (parts: readonly Uint8Array[]): readonly string[] =>
  Buffer.concat(parts)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
