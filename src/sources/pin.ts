import { quote } from "./net/remote-url.ts";
import { digestMismatch, notAllowed } from "./errors.ts";

/** Of an archive or a manifest, of a chart, of a commit. */
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha256\.[0-9a-f]{40}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Compares an archive or a manifest with the pin before anybody looks into it, unless the pin is that of a chart. @throws {SourceError} They differ. */
export const checkArrival = (pin: string | undefined, digest: string, what: string): void => {
  if (pin?.startsWith("sha256.") !== true) checkPin(pin, [digest], what);
};

/**
 * Compares what was fetched with `source.digest`.
 * @param digests Each says what it is: the digest of what came, and that of the chart in it.
 * @throws {SourceError} The pin is none of them, or no digest.
 */
export const checkPin = (pin: string | undefined, digests: readonly string[], what: string): void => {
  if (pin === undefined || digests.includes(pin)) return;
  if (!DIGEST.test(pin)) throw notAllowed(`source.digest ${quote(pin)} is not a digest: use one from status.source`);
  throw digestMismatch(
    `${what} has the digest ${digests.join(", or ")}, but source.digest is ${pin}: check what has changed before you change either`,
  );
};
