import type { BlockingObject } from "../../../helm/driver.ts";
import type { ArmadaChart } from "../../api/chart.ts";

/** Reads helm's message of a `Conflict`. */
export type ParseConflict = (message: string) => BlockingObject | undefined;

/** The object of another release, or of nobody, over which the last helm run failed, as far as status tells. */
export const blockedBy = ({ status }: ArmadaChart, parse: ParseConflict): BlockingObject | undefined => {
  const last = status?.history?.[0];
  return last?.result === "failed" && last.reason === "Conflict" ? parse(last.message ?? "") : undefined;
};
