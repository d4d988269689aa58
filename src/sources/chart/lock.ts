import { createHash } from "node:crypto";
import { canonicalJson } from "../../base/json/json.ts";
import type { Requirement, Requirements } from "./requirements.ts";
import { invalidChart } from "../errors.ts";

/**
 * The digests that helm accepts in a lock: of the dependencies and what they were locked to, and for old charts that of helm 2.
 * As `HashReq` and `HashV2Req` of helm 3 make them.
 */
export const lockDigests = ({ v1, dependencies, lock }: Requirements): readonly string[] => [
  sha256(`[${listOf(dependencies)},${listOf(lock?.dependencies)}]`),
  ...(v1 ? [sha256(`{"dependencies":${listOf(dependencies)}}`)] : []),
];

/** @throws {SourceError} The lock was made for other dependencies. The message starts with `what`. */
export const checkLock = (requirements: Requirements, what: string): void => {
  const { lock } = requirements;
  if (lock === undefined || lockDigests(requirements).includes(lock.digest)) return;
  const list = lock.file === "Chart.lock" ? "Chart.yaml" : "requirements.yaml";
  throw invalidChart(`${what}: its ${lock.file} is out of sync with the dependencies in ${list}: run helm dependency update and keep both files`);
};

const listOf = (list: readonly Requirement[] | undefined): string => (list === undefined ? "null" : `[${list.map(jsonOf).join(",")}]`);

/** Keys in the order of helm's struct; which of them are left out when they are empty is its choice, too. */
const jsonOf = ({ name, version, repository, condition, tags, enabled, importValues, alias }: Requirement): string => {
  const members: readonly (readonly [key: string, value: unknown, always?: true])[] = [
    ["name", name, true],
    ["version", version],
    ["repository", repository, true],
    ["condition", condition],
    ["tags", tags],
    ["enabled", enabled],
    ["import-values", importValues],
    ["alias", alias],
  ];
  const written = members.filter(([, value, always]) => always === true || !isEmpty(value));
  return `{${written.map(([key, value]) => `"${key}":${goJson(value)}`).join(",")}}`;
};

const isEmpty = (value: unknown): boolean => value === "" || value === false || (Array.isArray(value) && value.length === 0);

/** Go escapes what could end a script element, or a line of one. */
const goJson = (value: unknown): string =>
  canonicalJson(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

const sha256 = (text: string): string => `sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`;
