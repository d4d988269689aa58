import { assertNever } from "../../base/errors.ts";
import { nameOf, type Member } from "../estate/estate.ts";

/** One write to one member. */
export interface MemberAction {
  readonly type:
    | "adopt" // put our own mark on; `controller`: as the one whose order counts
    | "promote" // become the controller of a member whose controller is gone
    | "release" // take our own mark off
    | "enable" // set `target_state: deployed` and note who did
    | "uninstall" // set `target_state: uninstalled` and note who did
    | "remove"; // delete it
  readonly member: Member;
  /** Of `adopt`. */
  readonly controller?: boolean;
  /** Of `release`: uid of the owner that stands for having enabled it from now on. */
  readonly enabler?: string;
}

export type ParentAction =
  | MemberAction
  /** Delete the sentinel of a parent that goes. */
  | { readonly type: "dropSentinel" };

export const describeParentAction = (action: ParentAction): string => {
  switch (action.type) {
    case "adopt":
    case "promote":
    case "release":
    case "enable":
    case "uninstall":
    case "remove":
      return `${action.type} ${nameOf(action.member)}`;
    case "dropSentinel":
      return action.type;
    default:
      return assertNever(action);
  }
};
