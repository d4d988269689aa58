import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { type LocalRoot, mountsOf } from "./roots.ts";
import { type Fault, notAllowed, notFound, SourceError, unreadable } from "./errors.ts";

/**
 * Real path of a place below the roots. Links on the way may lead anywhere below them.
 * @param wanted What `resolveLocal` made of the spec.
 * @throws {SourceError} The message starts with `field`, which names what the user wrote.
 */
export const realPlace = async (roots: readonly LocalRoot[], wanted: string, field: string): Promise<string> => {
  const realRoots = await Promise.all(roots.map(realRoot));
  const real = await realpath(wanted).catch((error: unknown) => {
    throw missing(roots, field, error);
  });
  if (realRoots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) return real;
  throw refusePlace(roots, field, notAllowed, "is a symbolic link to outside the chart roots");
};

export const refusePlace = (roots: readonly LocalRoot[], field: string, fault: Fault, what: string): SourceError =>
  fault(`${field} ${what}: use the folder of a chart below ${mountsOf(roots)}`);

export const unreadablePlace = (field: string, error: unknown): SourceError => {
  const code = codeOf(error);
  const remedy = code === "ENOENT" || code === "ENOTDIR" ? "it changed while it was read and will be read again" : "grant the operator read access";
  return unreadable(`${field} cannot be read (${code}): ${remedy}`, error);
};

/** The operator's own disk: never the fault of what was fetched. What says so by itself stays as it is. */
export const cacheTrouble = (error: unknown): SourceError =>
  error instanceof SourceError
    ? error
    : unreadable(`the chart cache cannot be written (${codeOf(error)}): free space on its volume and grant the operator write access`, error);

/** A root that is not there is a mistake in the operator's set-up, not in the object: it may be mounted any moment. */
const realRoot = ({ mount, path }: LocalRoot): Promise<string> =>
  realpath(path).catch((error: unknown) => {
    throw unreadable(`the chart root ${mount} cannot be read (${codeOf(error)}): mount it, or start the operator with another --chart-root`, error);
  });

const missing = (roots: readonly LocalRoot[], field: string, error: unknown): SourceError => {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return refusePlace(roots, field, notFound, "does not exist");
  if (code === "ELOOP") return refusePlace(roots, field, notAllowed, "is a symbolic link loop");
  return unreadablePlace(field, error);
};

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : String(error);
