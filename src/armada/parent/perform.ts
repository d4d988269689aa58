import { assertNever } from "../../base/errors.ts";
import type { Parent } from "../estate/estate.ts";
import type { ParentAction } from "./action.ts";
import { adopt, type AdoptDeps } from "./adopt.ts";
import { disown, type DisownDeps } from "./disown.ts";
import { sentinelOf } from "./leaving.ts";
import { remove, type RemoveDeps } from "./remove.ts";
import { enable, uninstall } from "./retarget.ts";

export interface ParentPerformDeps extends AdoptDeps, DisownDeps, RemoveDeps {}

/** Makes one effect. */
export const performParent = async (
  parent: Parent,
  action: ParentAction,
  deps: ParentPerformDeps,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  await effectOf(parent, action, deps, signal);
  return [];
};

const effectOf = (parent: Parent, action: ParentAction, deps: ParentPerformDeps, signal: AbortSignal): Promise<void> => {
  switch (action.type) {
    case "adopt":
      return adopt(parent, action.member, action.controller, deps, signal);
    case "promote":
      return adopt(parent, action.member, true, deps, signal);
    case "disown":
      return disown(parent, action.member, action.enabler, deps, signal);
    case "enable":
      return enable(parent, action.member, deps, signal);
    case "uninstall":
      return uninstall(parent, action.member, deps, signal);
    case "remove":
      return remove(parent, action.member, deps, signal);
    case "deleteSentinel":
      return deps.api.delete(sentinelOf(parent), signal);
    default:
      return assertNever(action);
  }
};
