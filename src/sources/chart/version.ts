/** A version as helm reads it: semantic, or close to it (`1.2`, `v1.2.3`, `01.2.3`). Build metadata does not count. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** What follows the first `-`; empty for a release. */
  readonly pre: string;
}

const VERSION =
  /^v?(?<major>[0-9]+)(?:\.(?<minor>[0-9]+))?(?:\.(?<patch>[0-9]+))?(?:-(?<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const STRICT = /^[0-9]+\.[0-9]+\.[0-9]+(?:[-+]|$)/;
const MAX_LENGTH = 256;
const MAX_NUMBER = 2n ** 64n - 1n;

/** Undefined for what helm does not take for a version. Like `semver.NewVersion` of Masterminds/semver 3.5. */
export const parseVersion = (text: string): Version | undefined => {
  if (text.length > MAX_LENGTH) return undefined;
  const { major, minor = "0", patch = "0", pre = "" } = VERSION.exec(text)?.groups ?? {};
  if (major === undefined || pre.split(".").some((part) => /^0[0-9]+$/.test(part))) return undefined;
  const version = { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch), pre };
  return version.major > MAX_NUMBER || version.minor > MAX_NUMBER || version.patch > MAX_NUMBER ? undefined : version;
};

/** As {@link parseVersion}, without what is only close to semantic: tags of a registry. Like `semver.StrictNewVersion`. */
export const parseStrictVersion = (text: string): Version | undefined =>
  STRICT.test(text) && !/^(?:0[0-9]|[0-9]+\.0[0-9]|[0-9]+\.[0-9]+\.0[0-9])/.test(text) ? parseVersion(text) : undefined;

/** Negative when `a` comes before `b`. */
export const compareVersions = (a: Version, b: Version): number =>
  compare(a.major, b.major) || compare(a.minor, b.minor) || compare(a.patch, b.patch) || comparePre(a.pre, b.pre);

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** A release comes after its pre-releases. */
export const comparePre = (a: string, b: string): number => {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
  const [ours, theirs] = [a.split("."), b.split(".")];
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const order = comparePart(ours[index] ?? "", theirs[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
};

/** Numbers by value and before text; what is missing first. */
const comparePart = (a: string, b: string): number => {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? -1 : 1;
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return compare(x, y);
  return x === undefined && y === undefined ? compare(a, b) : x === undefined ? 1 : -1;
};

const numberOf = (text: string): bigint | undefined => {
  const value = /^[0-9]+$/.test(text) ? BigInt(text) : undefined;
  return value === undefined || value > MAX_NUMBER ? undefined : value;
};
