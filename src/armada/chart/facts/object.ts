import type { ReleaseRecord } from "../../../helm/release.ts";
import type { DynamicObject } from "../../../runtime/object.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { DRIFT } from "../../names.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { assessObject } from "../../readiness/readiness.ts";
import type { AssessOptions, Readiness } from "../../readiness/verdict.ts";
import { isMarked } from "../objects/finished.ts";
import type { Wanted } from "../objects/leftovers.ts";
import type { ObservedObject } from "../objects/observed-object.ts";
import type { Found } from "../objects/object-lookup.ts";
import type { ReleaseObjects } from "../objects/release-objects.ts";
import { isComplete } from "../objects/seen-complete.ts";

/** One object of a manifest, as it was found. */
export const observedObject = (
  chart: ArmadaChart,
  record: ReleaseRecord,
  { object, found }: Wanted,
  objects: Pick<ReleaseObjects, "wasSeenComplete">,
  options: AssessOptions,
): ObservedObject => {
  const live = found?.state === "found" ? found.live : undefined;
  const ignored = isIgnored(object.annotations) || isIgnored(live?.metadata.annotations);
  const unknown = found === undefined || found.state === "unknown" ? unknownReadiness(object, found, record) : undefined;
  if (unknown !== undefined) return { object, ignored, done: "no", readiness: unknown };
  const readiness = assessObject(live, object, options);
  return { object, ignored, done: runsOnce(object) ? doneOf(chart, record, object, live, objects) : "no", readiness };
};

const isIgnored = (annotations: Readonly<Record<string, string>> | undefined): boolean => annotations?.[DRIFT] === "ignore";

/** Undefined: it counts as not there. */
const unknownReadiness = (
  { kind, name }: ReleaseObject,
  found: Extract<Found, { readonly state: "unknown" }> | undefined,
  { newest }: ReleaseRecord,
): Readiness | undefined => {
  // What is not served cannot be there: helm uninstall took the definition along.
  if (found !== undefined && !found.served && newest.status !== "deployed") return undefined;
  return { state: "progressing", message: found === undefined ? `${kind} ${name}` : found.because };
};

const runsOnce = ({ apiVersion, kind }: ReleaseObject): boolean =>
  (kind === "Job" && apiVersion.startsWith("batch/")) || (kind === "Pod" && apiVersion === "v1");

const doneOf = (
  chart: ArmadaChart,
  record: ReleaseRecord,
  object: ReleaseObject,
  live: DynamicObject | undefined,
  objects: Pick<ReleaseObjects, "wasSeenComplete">,
): ObservedObject["done"] => {
  if (live !== undefined) return isComplete(live) ? "there" : "no";
  return objects.wasSeenComplete(record.release, object) || wasFinished(chart, record, object) ? "gone" : "no";
};

/** A Job or bare Pod that is gone counts as done when status says so, or every object of this revision was ready once. */
const wasFinished = ({ status }: ArmadaChart, { newest, release }: ReleaseRecord, object: ReleaseObject): boolean => {
  if (status?.release?.revision !== newest.revision) return false;
  // A Job must be complete for a revision to be ready; a Pod, and a suspended Job, need not be.
  const mustBeComplete = object.kind === "Job" && object.suspended !== true;
  return (mustBeComplete && status.release.ready_revision === newest.revision) || isMarked(status.release.finished ?? [], object, release.namespace);
};
