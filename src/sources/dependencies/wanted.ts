import type { ChartFile } from "../chart/files.ts";
import { checkLock } from "../chart/lock.ts";
import { type DependencyPlace, type Home, placeOf } from "./place.ts";
import { quote } from "../net/remote-url.ts";
import { cleaned, readRequirements, type Requirement } from "../chart/requirements.ts";
import { invalidChart } from "../errors.ts";
import { parseVersion } from "../chart/version.ts";
import { statedRange } from "../chart/stated-range.ts";
import type { VersionRange } from "../chart/version-range.ts";

/** A dependency that has to be fetched. */
export interface Wish {
  /** The version is a range, or what a lock says. */
  readonly dependency: Requirement;
  readonly place: DependencyPlace;
  /** Begins the messages. */
  readonly what: string;
}

/**
 * What has to be fetched for a chart, and from where: as its lock says, else as its Chart.yaml does.
 * @throws {SourceError} The lock is out of sync, or something cannot be fetched at all.
 */
export const wishesOf = (chart: {
  readonly name: string;
  readonly home: Home;
  readonly files: readonly ChartFile[];
  readonly lacks: readonly string[];
}): readonly Wish[] => {
  const of = `chart ${quote(chart.name)}`;
  const requirements = readRequirements(chart.files, of);
  checkLock(requirements, of);
  const all = (requirements.lock?.dependencies ?? requirements.dependencies).map(cleaned).filter(({ name }) => chart.lacks.includes(name));
  const once = new Map(all.map((dependency) => [JSON.stringify([dependency.name, dependency.version, dependency.repository]), dependency]));
  return [...once.values()].map((dependency) => {
    const what = `dependency ${quote(dependency.name)} of ${of}`;
    const place = placeOf(dependency, chart.home, what);
    rangeOf(dependency, what);
    return { dependency, place, what };
  });
};

/** Whether a chart of that version is what is wanted. */
export const isAllowed = (dependency: Requirement, version: string): boolean => {
  const parsed = parseVersion(version);
  return parsed !== undefined && rangeOf(dependency, "")(parsed);
};

const rangeOf = ({ version }: Requirement, what: string): VersionRange => statedRange(version, `${what}: version`, invalidChart);
