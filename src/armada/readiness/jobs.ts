import type { DynamicObject } from "../../runtime/object.ts";
import { conditionOf, numberOf, specOf, statusOf } from "./fields.ts";
import { type Readiness, type Rule, because, failed, progressing, ready } from "./verdict.ts";

/**
 * A Job is judged by its conditions, never by its count of failed pods: while retries remain it goes on. A Job that is suspended by its chart is as
 * its chart wants it; one that somebody else suspended (a queue, a person) has its work before it.
 */
export const job: Rule = (live, desired) => {
  const failure = conditionOf(live, "Failed");
  if (isTrue(failure)) return failed(live, failure?.reason ?? "JobFailed", because(failure) || "it failed");
  if (isTrue(conditionOf(live, "Complete")) || isTrue(conditionOf(live, "SuccessCriteriaMet"))) return ready;
  const failing = conditionOf(live, "FailureTarget");
  if (isTrue(failing)) return progressing(live, `it is failing: ${because(failing)}`);
  if (specOf(live)["suspend"] === true) return desired.suspended === true ? ready : progressing(live, "it is suspended");
  return progressing(live, jobProgress(live));
};

const isTrue = (condition: { readonly status: string } | undefined): boolean => condition?.status === "True";

const jobProgress = (live: DynamicObject): string => {
  const status = statusOf(live);
  const [succeeded, errors] = [numberOf(status["succeeded"]) ?? 0, numberOf(status["failed"]) ?? 0];
  // Without `completions` (a work queue) any pod that succeeds ends the Job: there is no number to reach.
  const completions = numberOf(specOf(live)["completions"]);
  const done = completions === undefined ? "not complete yet" : `${succeeded} of ${completions} pods succeeded`;
  return errors === 0 ? done : `${done}, ${errors} failed so far`;
};

/** An Argo Workflow, which Armada sites put into charts. */
export const workflow: Rule = (live): Readiness => {
  const phase = statusOf(live)["phase"];
  const message = statusOf(live)["message"];
  if (phase === "Succeeded") return ready;
  if (phase === "Failed" || phase === "Error")
    return failed(live, `Workflow${phase}`, typeof message === "string" ? message : `it ended as ${phase}`);
  return progressing(live, typeof phase === "string" && phase !== "" ? `it is ${phase.toLowerCase()}` : "it has not started yet");
};
