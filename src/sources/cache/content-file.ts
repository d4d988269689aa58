import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Sink } from "../net/http-request.ts";

/** Writes what `fill` hands to the sink into a new file; undefined when it says that there is nothing. `claim`: asked before bytes are written. */
export const writeHashed = async (
  path: string,
  claim: (bytes: number) => Promise<void>,
  fill: (sink: Sink) => Promise<boolean>,
): Promise<{ digest: string; bytes: number } | undefined> => {
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const filled = await fill(async (chunk) => {
      await claim(chunk.byteLength);
      hash.update(chunk);
      bytes += chunk.byteLength;
      await file.writeFile(chunk);
    });
    return filled ? { digest: `sha256:${hash.digest("hex")}`, bytes } : undefined;
  } finally {
    await file.close();
  }
};

/** Of a whole file; undefined when it cannot be read. */
export const digestOf = async (path: string): Promise<string | undefined> => {
  const hash = createHash("sha256");
  try {
    for await (const chunk of bytesOf(path)) hash.update(chunk);
  } catch {
    return undefined;
  }
  return `sha256:${hash.digest("hex")}`;
};

const bytesOf = (path: string): AsyncIterable<Uint8Array> => createReadStream(path);
