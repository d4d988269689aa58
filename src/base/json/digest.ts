import { createHash } from "node:crypto";

/**
 * `sha256.<40 hex digits>`: short enough for a label value (63 characters).
 * Parts are told apart by their length, so `("ab", "c")` and `("a", "bc")` differ. Strings count as UTF-8.
 */
export const DIGEST_ALGORITHM = "sha256";

export const sha256_40 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return `sha256.${hash.digest("hex").slice(0, 40)}`;
};
