import { quote } from "./remote-url.ts";
import { SourceError } from "./source.ts";

/**
 * Compares what was fetched with `source.digest`.
 * @throws {SourceError} They differ, or the pin is no digest.
 */
export const checkPin = (pin: string | undefined, digest: string, what: string): void => {
  if (pin === undefined || pin === digest) return;
  if (!/^sha256:[0-9a-f]{64}$/.test(pin))
    throw new SourceError(`source.digest ${quote(pin)} is no digest: write sha256: and 64 hex digits`, {
      reason: "NotAllowed",
      class: "terminal",
    });
  throw new SourceError(`${what} has the digest ${digest}, and source.digest asks for ${pin}: look at what has changed before you change either`, {
    reason: "DigestMismatch",
    class: "terminal",
  });
};
