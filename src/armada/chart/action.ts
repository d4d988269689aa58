import { assertNever } from "../../base/errors.ts";
import { listed } from "../../base/text.ts";
import type { ReleaseRecord, ReleaseStatus } from "../../helm/release.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";
import type { ReadySource } from "./facts/source-facts.ts";
import type { Heir } from "./release/ownership.ts";

/** Runs helm. */
export type HelmAction =
  /** `replaces`: the record of a release that was never deployed. */
  | { readonly type: "install"; readonly replaces: ReleaseRecord | undefined; readonly source: ReadySource; readonly because: string }
  | { readonly type: "upgrade"; readonly record: ReleaseRecord; readonly source: ReadySource; readonly because: string }
  | { readonly type: "uninstall"; readonly record: ReleaseRecord; readonly noHooks: boolean };

/** Makes a revision. */
export type Change = Exclude<HelmAction, { readonly type: "uninstall" }>;

/** One effect on the cluster, with all that it takes to make it. `record`: the release as it was decided on. */
export type ChartAction =
  | HelmAction
  /** Write the release name to the annotation. */
  | { readonly type: "recordName" }
  /** Write labels that this version understands to a revision made from the inputs wanted. */
  | { readonly type: "restamp"; readonly record: ReleaseRecord; readonly inputsDigest: string }
  /** Make helm's label say what the release says. */
  | { readonly type: "relabel"; readonly record: ReleaseRecord; readonly was: ReleaseStatus }
  | TakeAction
  /** Make the chart that had it before the owner again. */
  | { readonly type: "giveBack"; readonly record: ReleaseRecord; readonly heir: Heir }
  /** Rewrite a dead pending record as failed. */
  | { readonly type: "unlock"; readonly record: ReleaseRecord }
  /** Put deleted objects back. */
  | { readonly type: "restore"; readonly record: ReleaseRecord; readonly objects: readonly ReleaseObject[] }
  /** Remove objects of this release that no record answers for. */
  | { readonly type: "prune"; readonly record: ReleaseRecord | undefined; readonly objects: readonly ReleaseObject[] }
  /** Delete the records of a release whose objects are gone. */
  | { readonly type: "purge"; readonly record: ReleaseRecord };

/** Become the owner of a release that is another chart's, or nobody's. */
export interface TakeAction {
  readonly type: "take";
  readonly record: ReleaseRecord;
  readonly whose: string;
  /** Uid of the owner that the label names and nobody knows: it may exist all the same. */
  readonly unknownOwner: string | undefined;
  /** Of what it was made from, where that is known to be what is wanted. */
  readonly inputsDigest: string | undefined;
}

export type HelmVerb = HelmAction["type"];

export const isHelmRun = (action: ChartAction): action is HelmAction =>
  action.type === "install" || action.type === "upgrade" || action.type === "uninstall";

/** For the log: `helm upgrade: the values have changed`, `restore Deployment web`. */
export const describeAction = (action: ChartAction): string => {
  switch (action.type) {
    case "install":
    case "upgrade":
      return `helm ${action.type}: ${action.because}`;
    case "uninstall":
      return "helm uninstall";
    case "restore":
    case "prune":
      return `${action.type} ${listObjects(action.objects)}`;
    case "relabel":
      return `relabel the release record: ${action.was} is ${action.record.newest.status}`;
    case "take":
      return `take the release, ${action.whose}`;
    case "giveBack":
      return `give the release back to ${action.heir.name}`;
    case "recordName":
      return "annotate the object with the release name";
    case "restamp":
      return "label the newest revision";
    case "unlock":
      return "mark the interrupted revision as failed";
    case "purge":
      return "delete the release records";
    default:
      return assertNever(action);
  }
};

/** `Deployment a, Service b and 3 more`. */
export const listObjects = (objects: readonly Pick<ReleaseObject, "kind" | "name">[]): string =>
  listed(objects.map(({ kind, name }) => `${kind} ${name}`));

/** helm was told to leave the object behind. */
export const isKept = ({ annotations }: ReleaseObject): boolean => annotations["helm.sh/resource-policy"] === "keep";
