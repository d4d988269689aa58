import { RELEASE_NAME } from "../../names.ts";
import { verdict, type ChartContext, type Row } from "./context.ts";

/** The annotation that names the release is not there, or names another one. */
export const needsName = ({ chart, observed }: ChartContext): boolean => chart.metadata.annotations?.[RELEASE_NAME] !== observed.release.name;

/** Somebody has edited the label of the newest Secret: it is made to say again what the release inside says. */
export const mislabelled: Row = (context) => {
  const { mislabelled: wrong, record } = context.observed;
  if (wrong === undefined || record === undefined) return undefined;
  const { secret, status } = record.newest;
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "Restamping",
      message: `the label status of Secret ${secret.name} says ${wrong.label}, but the release in it is ${status}: correcting the label`,
      waiting: { doing: `the label status of Secret ${secret.name} is being corrected to ${status}`, next: "check the release" },
    }),
    actions: [{ type: "relabel", record, was: wrong.label }],
  };
};

/** The annotation went, as with `kubectl replace`, while status still named the release: it is written again, for a restore without status. */
export const unnamed: Row = (context) => {
  const { ownership, record, release } = context.observed;
  if (ownership.of !== "ours" || record?.newest.status !== "deployed" || !needsName(context)) return undefined;
  return {
    verdict: verdict(context, {
      state: "running",
      reason: "Restamping",
      message: `the name of its release, ${release.name}, is being written to annotation ${RELEASE_NAME}`,
      waiting: { doing: `the annotation ${RELEASE_NAME} is being written`, next: "check its objects" },
    }),
    actions: [{ type: "recordName" }],
  };
};
