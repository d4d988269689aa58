import { HelmError, type BlockingObject } from "../../../helm/driver.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import type { ArmadaChart } from "../../api/chart.ts";

/** Reads helm's message of a `Conflict`. */
export type ParseConflict = (message: string) => BlockingObject | undefined;

/** The error of a run that failed over an object of another release, with what ends that: watches of kinds that releases have tell of it. */
export const namingWhatFrees = (error: unknown, parse: ParseConflict, watches: Pick<ObjectWatches, "resources">): unknown => {
  if (!(error instanceof HelmError) || error.reason !== "Conflict") return error;
  const object = parse(error.message);
  if (object === undefined || watches.resources(object.kind).length === 0) return error;
  return new HelmError(`${error.message}; helm runs again as soon as ${object.kind} ${object.name} has become this release's`, error);
};

/** The object of another release, or of nobody, over which the last helm run failed, as far as status tells. */
export const blockedBy = ({ status }: ArmadaChart, parse: ParseConflict): BlockingObject | undefined => {
  const last = status?.history?.[0];
  return last?.result === "failed" && last.reason === "Conflict" ? parse(last.message ?? "") : undefined;
};
