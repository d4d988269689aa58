import { assertNever } from "../../base/errors.ts";
import { nameOf, type Member } from "../estate.ts";

/** One write to one member. */
export type ParentAction =
  /** Apply our own owner reference. `notice`: it ran before we came, so deleting us will delete it. */
  | { readonly type: "adopt"; readonly member: Member; readonly controller: boolean }
  /** Take our own reference off. */
  | { readonly type: "release"; readonly member: Member }
  /** Set `target_state: deployed` and note who did. */
  | { readonly type: "enable"; readonly member: Member }
  | { readonly type: "remove"; readonly member: Member };

export const describeParentAction = ({ type, member }: ParentAction): string => {
  switch (type) {
    case "adopt":
    case "release":
    case "enable":
    case "remove":
      return `${type} ${nameOf(member)}`;
    default:
      return assertNever(type);
  }
};
