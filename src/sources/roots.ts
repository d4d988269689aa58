import { posix } from "node:path";
import type { SourceSpec } from "./source.ts";
import { notAllowed, type SourceError } from "./errors.ts";

/** A folder that holds charts: `mount` is what users write, `path` where it is on this disk. */
export interface LocalRoot {
  readonly mount: string;
  readonly path: string;
}

/** How messages name the place a user wrote. */
export const fieldOf = ({ location, subpath }: SourceSpec): string =>
  `source.location ${JSON.stringify(location)}${subpath === "." || subpath === "" ? "" : ` with source.subpath ${JSON.stringify(subpath)}`}`;

export const mountsOf = (roots: readonly LocalRoot[]): string => roots.map(({ mount }) => mount).join(", ");

/**
 * Where on disk a local source is, before links are looked at. A relative location counts from the first root.
 * @throws {SourceError} Outside the roots, or a path that climbs.
 */
export const resolveLocal = (roots: readonly LocalRoot[], spec: SourceSpec): string => {
  const parts = [spec.location, spec.subpath].flatMap((path) => path.split("/"));
  if (spec.location === "") throw refuse(`source.location is empty`, roots);
  if (spec.subpath.startsWith("/")) throw refuse(`${fieldOf(spec)}: source.subpath must be relative to source.location`, roots);
  if (parts.includes("..")) throw refuse(`${fieldOf(spec)} must not contain ".."`, roots);
  if (parts.some((part) => part.includes("\0"))) throw refuse(`${fieldOf(spec)} must not contain a NUL character`, roots);
  const below = belowRoot(roots, spec.location);
  if (below === undefined) throw refuse(`${fieldOf(spec)} is outside the chart roots`, roots);
  return posix.join(below.root.path, below.rest, spec.subpath);
};

const belowRoot = (roots: readonly LocalRoot[], location: string): { readonly root: LocalRoot; readonly rest: string } | undefined => {
  const first = roots[0];
  if (!location.startsWith("/")) return first === undefined ? undefined : { root: first, rest: location };
  const path = withoutSlash(posix.normalize(location));
  const matches = roots.map((root) => ({ root, mount: withoutSlash(posix.normalize(root.mount)) }));
  const best = matches.filter(({ mount }) => path === mount || path.startsWith(`${mount}/`)).sort((a, b) => b.mount.length - a.mount.length)[0];
  return best === undefined ? undefined : { root: best.root, rest: path.slice(best.mount.length) };
};

const withoutSlash = (path: string): string => path.replace(/\/+$/, "");

const refuse = (what: string, roots: readonly LocalRoot[]): SourceError => notAllowed(`${what}: use the folder of a chart below ${mountsOf(roots)}`);
