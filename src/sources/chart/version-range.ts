import { comparePre, compareVersions, parseVersion, type Version } from "./version.ts";

/** A range that helm would not understand either. */
export class VersionRangeError extends Error {
  override readonly name = "VersionRangeError";
  /** What of it is none, if it is a part. */
  readonly part: string | undefined;

  constructor(message: string, part?: string) {
    super(message);
    this.part = part;
  }
}

/** Whether a version is in the range. */
export type VersionRange = (version: Version) => boolean;

interface Bound {
  readonly operator: string;
  readonly version: Version;
  /** Some number of it is `x`, `*` or missing. */
  readonly open: boolean;
  readonly minorOpen: boolean;
  readonly patchOpen: boolean;
}

const MAX_LENGTH = 512;
const MAX_GROUPS = 32;
const PLAIN = String.raw`v?[0-9|xX*]+(?:\.[0-9|xX*]+)?(?:\.[0-9|xX*]+)?(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
const PARTS = /^v?(?<major>[0-9|xX*]+)(?:\.(?<minor>[0-9|xX*]+))?(?:\.(?<patch>[0-9|xX*]+))?(?<pre>-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?/;
const BLANK = "[\\t\\n\\f\\r ]";
const HYPHEN = new RegExp(`${BLANK}*(${PLAIN})${BLANK}+-${BLANK}+(${PLAIN})${BLANK}*`, "g");

/**
 * Reads a range in helm's language (Masterminds/semver 3.5): `>=1.0, <2.0 || ^3`, `1.2.x`, `1.0 - 2.0`, `~1.2`. Within a group joined by commas or
 * blanks, pre-releases are taken only when one of its bounds names one.
 * Scanned by hand: as one regular expression it can take for ever.
 * @throws {VersionRangeError}
 */
export const parseRange = (text: string): VersionRange => {
  if (text.length > MAX_LENGTH) throw new VersionRangeError(`it is longer than ${MAX_LENGTH} characters`);
  const groups = rewriteHyphens(text).split("||");
  if (groups.length > MAX_GROUPS) throw new VersionRangeError(`it has more than ${MAX_GROUPS} alternatives`);
  const parsed = groups.map(parseGroup);
  return (version) => parsed.some((bounds) => isIn(bounds, version));
};

const isIn = (bounds: readonly Bound[], version: Version): boolean =>
  (version.pre === "" || bounds.some((bound) => bound.version.pre !== "")) && bounds.every((bound) => meets(version, bound));

const rewriteHyphens = (text: string): string => {
  let rewritten = text;
  for (const [whole, from = "", to = ""] of text.matchAll(HYPHEN)) rewritten = rewritten.replace(whole, () => `>= ${from}, <= ${to} `);
  return rewritten;
};

const parseGroup = (group: string): readonly Bound[] => {
  const bounds: Bound[] = [];
  const operator = new RegExp(`${BLANK}*([=!<>~^]*)${BLANK}*`, "y");
  const version = new RegExp(PLAIN, "y");
  const separator = new RegExp(`${BLANK}*,${BLANK}*|${BLANK}+|$`, "y");
  for (let at = 0; at < group.length || bounds.length === 0; at = separator.lastIndex) {
    operator.lastIndex = at;
    const [, sign = ""] = operator.exec(group) ?? [];
    version.lastIndex = operator.lastIndex;
    const [found] = version.exec(group) ?? [];
    separator.lastIndex = version.lastIndex;
    if (found === undefined || !OPERATORS.has(sign) || separator.exec(group) === null || endsInComma(group, separator.lastIndex))
      throw new VersionRangeError(`${JSON.stringify(group.trim())} is not a range`, group.trim());
    bounds.push(parseBound(sign, found));
  }
  return bounds;
};

const endsInComma = (group: string, end: number): boolean => end === group.length && group.trimEnd().endsWith(",");

const isOpen = (part: string | undefined): boolean => part === undefined || part === "x" || part === "X" || part === "*";

const parseBound = (operator: string, text: string): Bound => {
  const groups = PARTS.exec(text)?.groups ?? {};
  const parts = ["major", "minor", "patch"].map((name) => groups[name]);
  const openAt = parts.findIndex(isOpen);
  const closed = parts.map((part, index) => (index < openAt ? part : "0")).join(".") + (groups["pre"] ?? "");
  const version = parseVersion(openAt < 0 ? text : closed);
  if (version === undefined) throw new VersionRangeError(`${JSON.stringify(text)} is not a version`, text);
  return { operator, version, open: openAt >= 0, minorOpen: openAt === 1, patchOpen: openAt === 2 };
};

type Meets = (version: Version, bound: Bound) => boolean;

const meets: Meets = (version, bound) => OPERATORS.get(bound.operator)?.(version, bound) ?? false;

const isBelow: Meets = (version, bound) => compareVersions(version, bound.version) < 0;
const isAtLeast: Meets = (version, bound) => !isBelow(version, bound);
const isSame: Meets = (version, bound) => (bound.open ? isNear(version, bound) : compareVersions(version, bound.version) === 0);
const isAbove: Meets = (version, bound) => (bound.open ? isBeyond(version, bound) : compareVersions(version, bound.version) > 0);
const isAtMost: Meets = (version, bound) => (bound.open ? isUpTo(version, bound) : compareVersions(version, bound.version) <= 0);

/** `~1.2.3`, `1.2.x`: the same minor version, or the same major version where the minor is open. */
const isNear = (version: Version, { version: from, minorOpen, patchOpen }: Bound): boolean => {
  if (compareVersions(version, from) < 0) return false;
  if (from.major === 0n && from.minor === 0n && from.patch === 0n && !minorOpen && !patchOpen) return true;
  return version.major === from.major && (version.minor === from.minor || minorOpen);
};

const isOther = (version: Version, { version: named, open, minorOpen, patchOpen }: Bound): boolean => {
  if (open) {
    if (version.major !== named.major) return true;
    if (minorOpen) return false;
    if (version.minor !== named.minor) return true;
    if (patchOpen) return comparePre(version.pre, named.pre) !== 0;
    if (version.patch !== named.patch) return true;
  }
  return compareVersions(version, named) !== 0;
};

/** `>11` means 12 and more, `>11.1` means 11.2 and more. */
const isBeyond = (version: Version, { version: named, minorOpen, patchOpen }: Bound): boolean => {
  if (version.major !== named.major) return version.major > named.major;
  if (minorOpen) return false;
  return patchOpen ? version.minor > named.minor : compareVersions(version, named) > 0;
};

const isUpTo = (version: Version, { version: named, minorOpen }: Bound): boolean =>
  version.major < named.major || (version.major === named.major && (version.minor <= named.minor || minorOpen));

/** `^1.2.3`: up to the next change of the first number that is not 0. */
const isCompatible = (version: Version, { version: from, minorOpen, patchOpen }: Bound): boolean => {
  if (compareVersions(version, from) < 0) return false;
  if (from.major > 0n || minorOpen) return version.major === from.major;
  if (version.major > 0n) return false;
  if (from.minor > 0n || patchOpen) return version.minor === from.minor;
  return version.minor === 0n && version.patch === from.patch;
};

const OPERATORS: ReadonlyMap<string, Meets> = new Map([
  ["", isSame],
  ["=", isSame],
  ["!=", isOther],
  [">", isAbove],
  ["<", isBelow],
  [">=", isAtLeast],
  ["=>", isAtLeast],
  ["<=", isAtMost],
  ["=<", isAtMost],
  ["~", isNear],
  ["~>", isNear],
  ["^", isCompatible],
]);
