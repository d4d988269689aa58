import type { Node } from "../../../armada/estate/estate.ts";
import { ENABLED_BY, REQUESTED_AT, UNINSTALLED_BY } from "../../../armada/names.ts";
import { ELSEWHERE_REASONS, isWrong, REASONS } from "../../../armada/verdict.ts";
import type { Change } from "../../../runtime/cache/store.ts";

const HELD_UP: ReadonlySet<string | undefined> = new Set([...ELSEWHERE_REASONS, ...REASONS.filter(isWrong)]);

/** A change of an object that shows that more was waited for than the objects before it. Pure. */
export const disturbs = ({ old, object }: Change<Node>): boolean =>
  old === undefined || isByPerson(old, object) || [old, object].some(({ status }) => HELD_UP.has(status?.reason));

/** A parent that enables or uninstalls a member notes that; nobody else does. */
const isByPerson = (old: Node, object: Node): boolean => {
  const differs = (name: string): boolean => old.metadata.annotations?.[name] !== object.metadata.annotations?.[name];
  const byParent = differs(ENABLED_BY) || differs(UNINSTALLED_BY);
  return differs(REQUESTED_AT) || (!byParent && old.metadata.generation !== object.metadata.generation);
};
