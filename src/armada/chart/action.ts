import { assertNever } from "../../base/errors.ts";
import { listed } from "../../base/text.ts";
import type { ReleaseStatus } from "../../helm/release.ts";
import type { ReleaseObject } from "../readiness/manifest.ts";
import type { Heir } from "./observed.ts";

/** One effect on the cluster. Those that run helm: install, upgrade, uninstall. */
export type ChartAction =
  /** Write the release name to the annotation. */
  | { readonly type: "recordName" }
  | { readonly type: "install"; readonly replace: boolean; readonly because: string }
  | { readonly type: "upgrade"; readonly because: string }
  | { readonly type: "uninstall" }
  /** Write labels that this version understands to a revision made from the inputs wanted. */
  | { readonly type: "restamp" }
  /** Make helm's label say what the release says. */
  | { readonly type: "relabel"; readonly status: ReleaseStatus; readonly was: ReleaseStatus }
  /** Become the owner of a release that is another chart's, or nobody's. */
  | { readonly type: "take"; readonly whose: string }
  /** Make the chart that had it before the owner again. */
  | { readonly type: "giveBack"; readonly heir: Heir }
  /** Rewrite a dead pending record as failed. */
  | { readonly type: "unlock" }
  /** Put deleted objects back. */
  | { readonly type: "restore"; readonly objects: readonly ReleaseObject[] }
  /** Remove objects of this release that no record answers for. */
  | { readonly type: "prune"; readonly objects: readonly ReleaseObject[] }
  /** Delete the records of a release whose objects are gone. */
  | { readonly type: "purge" };

export type HelmVerb = "install" | "upgrade" | "uninstall";

export const isHelmRun = (action: ChartAction): action is ChartAction & { readonly type: HelmVerb } =>
  action.type === "install" || action.type === "upgrade" || action.type === "uninstall";

export const describeAction = (action: ChartAction): string => {
  switch (action.type) {
    case "recordName":
    case "restamp":
    case "uninstall":
    case "unlock":
    case "purge":
      return action.type;
    case "relabel":
      return `relabel ${action.was} as ${action.status}`;
    case "install":
    case "upgrade":
      return `${action.type}: ${action.because}`;
    case "take":
      return `take the release, ${action.whose}`;
    case "giveBack":
      return `give the release back to ${action.heir.name}`;
    case "restore":
    case "prune":
      return `${action.type} ${listObjects(action.objects)}`;
    default:
      return assertNever(action);
  }
};

/** `Deployment a, Service b and 3 more`. */
export const listObjects = (objects: readonly Pick<ReleaseObject, "kind" | "name">[]): string =>
  listed(objects.map(({ kind, name }) => `${kind} ${name}`));

/** helm was told to leave the object behind. */
export const isKept = ({ annotations }: ReleaseObject): boolean => annotations["helm.sh/resource-policy"] === "keep";
