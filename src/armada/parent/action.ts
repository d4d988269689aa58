import { nameOf, type Member } from "../estate/estate.ts";

/** One write to one member. */
export type MemberAction =
  /** Put this parent's mark on it; `controller`: as the one whose order counts. */
  | { readonly type: "adopt"; readonly member: Member; readonly controller: boolean }
  /** Become the controller of a member whose controller is gone. */
  | { readonly type: "promote"; readonly member: Member }
  /** Take this parent's mark off. `enabler`: uid of the owner that stands for having enabled the member from now on; undefined: no change. */
  | { readonly type: "disown"; readonly member: Member; readonly enabler: string | undefined }
  /** Set `target_state: deployed` and note who did. */
  | { readonly type: "enable"; readonly member: Member }
  /** Set `target_state: uninstalled` and note who did. */
  | { readonly type: "uninstall"; readonly member: Member }
  /** Delete it. */
  | { readonly type: "remove"; readonly member: Member };

export type ParentAction =
  | MemberAction
  /** Delete the sentinel of a parent that goes. */
  | { readonly type: "deleteSentinel" };

export const describeParentAction = (action: ParentAction): string =>
  action.type === "deleteSentinel" ? "delete sentinel" : `${action.type} ${nameOf(action.member)}`;
