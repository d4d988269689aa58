import { DRIFT } from "../names.ts";
import { conditionOf, fieldsOf, listOf, specOf, statusOf, textOf } from "./fields.ts";
import { type Rule, because, failed, progressing, ready, unobservedIfKept } from "./verdict.ts";

/** Being there is all that can be asked of it. */
export const exists: Rule = () => ready;

const SELECTED_NODE = "volume.kubernetes.io/selected-node";

/** A claim whose class binds on first use is ready while nobody uses it: the scheduler notes the node when somebody does. */
export const persistentVolumeClaim: Rule = (live, _desired, options) => {
  const phase = statusOf(live)["phase"];
  if (phase === "Bound") return ready;
  if (phase === "Lost") return failed(live, "VolumeLost", "its volume is lost");
  const className = specOf(live)["storageClassName"];
  const unused = fieldsOf(live.metadata.annotations)[SELECTED_NODE] === undefined;
  // The class "" asks for a volume without class, which is bound at once or not at all.
  const mode = className === "" ? "Immediate" : options.bindingMode?.(textOf(className));
  if (unused && mode === "WaitForFirstConsumer") return ready;
  return progressing(live, "it is not bound to a volume yet");
};

/** Only a load balancer has something to wait for. */
export const service: Rule = (live) => {
  const spec = specOf(live);
  if (spec["type"] !== "LoadBalancer" || listOf(spec["externalIPs"]).length > 0) return ready;
  const assigned = listOf(fieldsOf(statusOf(live)["loadBalancer"])["ingress"]);
  return assigned.length > 0
    ? ready
    : progressing(live, `no load balancer has been assigned yet (annotate it with ${DRIFT}=ignore not to wait for one)`);
};

export const customResourceDefinition: Rule = (live) => {
  const [accepted, established] = [conditionOf(live, "NamesAccepted"), conditionOf(live, "Established")];
  if (accepted?.status === "False") return failed(live, accepted.reason ?? "NamesNotAccepted", because(accepted) || "its names are taken");
  return established?.status === "True" ? ready : progressing(live, "it is not established yet");
};

export const namespace: Rule = (live) => (statusOf(live)["phase"] === "Terminating" ? progressing(live, "it is being deleted") : ready);

export const apiService: Rule = (live) => {
  const available = conditionOf(live, "Available");
  return available?.status === "True" ? ready : progressing(live, because(available) || "it is not available yet");
};

/**
 * Objects of this operator's own kinds inside a chart. States are lower-case words. `satisfied` decides where it is said; objects of an older
 * operator may have the state alone.
 */
export const armada: Rule = (live) => {
  const late = unobservedIfKept(live);
  if (late !== undefined) return late;
  const status = statusOf(live);
  const state = textOf(status["actual_state"]);
  if (status["satisfied"] === true || (status["satisfied"] === undefined && state === "deployed")) return ready;
  const waiting = textOf(status["waiting_for"]) ?? textOf(status["reason"]);
  const what = [state, waiting].filter((part) => part !== undefined).join(": ");
  if (state === "failed" || state === "error") return failed(live, textOf(status["reason"]) ?? "Failed", what);
  return progressing(live, what === "" ? "it has no status yet" : what);
};
