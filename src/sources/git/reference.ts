import { notAllowed, type SourceError } from "../errors.ts";

/** `source.reference`, taken apart. */
export type GitReference =
  | { readonly kind: "default" }
  /** A full object name; nobody has to be asked. */
  | { readonly kind: "commit"; readonly commit: string }
  /** `names`: full names, the first that exists wins. `prefix`: what it may abbreviate when none of them does. */
  | { readonly kind: "name"; readonly names: readonly string[]; readonly prefix?: string };

/** What git forbids in names (git-check-ref-format), and so everything that means more than a name. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|(?:^|\/)\.|\.lock(?:\/|$)|^@$/;
const FULL = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;
/** Shorter ones git would not take. */
const ABBREVIATED = /^[0-9a-f]{4,63}$/i;
const MAX_LENGTH = 255;

/**
 * Absent, empty and `HEAD` mean the default branch. A name is looked for as git fetch does: as it is if it starts with `refs/`, else tag before branch.
 * @throws {SourceError} Terminal, for what is no name.
 */
export const parseGitReference = (reference: string | undefined): GitReference => {
  if (reference === undefined || reference === "" || reference === "HEAD") return { kind: "default" };
  if (reference.startsWith("-") || FORBIDDEN.test(reference) || reference.length > MAX_LENGTH) throw invalid(reference);
  if (FULL.test(reference)) return { kind: "commit", commit: reference.toLowerCase() };
  const names = reference.startsWith("refs/") ? [reference] : [`refs/tags/${reference}`, `refs/heads/${reference}`];
  return ABBREVIATED.test(reference) ? { kind: "name", names, prefix: reference.toLowerCase() } : { kind: "name", names };
};

/** What `git ls-remote` is asked for, `HEAD` always; the second pattern of a name is what an annotated tag points to. */
export const patternsOf = (reference: Exclude<GitReference, { readonly kind: "commit" }>): readonly string[] => [
  "HEAD",
  ...(reference.kind === "default" ? [] : reference.names.flatMap((name) => [name, `${name}^{}`])),
];

/** Output of `git ls-remote`: name to object. Lines that say something else are skipped. */
export const parseRefs = (output: string): ReadonlyMap<string, string> =>
  new Map(
    output.split("\n").flatMap((line) => {
      const [, object, name] = /^([0-9a-f]{40}|[0-9a-f]{64})\t(\S+)$/.exec(line) ?? [];
      return object === undefined || name === undefined ? [] : [[name, object] as const];
    }),
  );

/** The object a name stands for among `refs`, tags peeled; undefined when there is none of that name. */
export const objectOf = (reference: Exclude<GitReference, { readonly kind: "commit" }>, refs: ReadonlyMap<string, string>): string | undefined => {
  if (reference.kind === "default") return refs.get("HEAD");
  const name = reference.names.find((candidate) => refs.has(candidate));
  return name === undefined ? undefined : (refs.get(`${name}^{}`) ?? refs.get(name));
};

const invalid = (reference: string): SourceError =>
  notAllowed(`source.reference ${JSON.stringify(reference.slice(0, 256))} is not a valid git reference: use a branch, a tag or a commit`);
