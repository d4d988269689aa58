import { deepEqual } from "../../base/json/json.ts";
import type { Change } from "../../runtime/cache/store.ts";
import type { Member } from "./estate.ts";

/** Since which generation objects ask for the same but for `target_state`, as far as changes were seen: a file that is applied again resets that field. */
export class SameSpec {
  /** By uid; absent: since their own. */
  readonly #since = new Map<string, number>();

  since({ metadata: { uid, generation = 0 } }: Member): number {
    return this.#since.get(uid) ?? generation;
  }

  changed({ type, old, object }: Change<Member>): void {
    const { uid, generation } = object.metadata;
    if (type === "updated" && old?.metadata.generation === generation) return;
    if (old !== undefined && deepEqual(withoutTarget(old), withoutTarget(object))) this.#since.set(uid, this.since(old));
    else this.#since.delete(uid);
  }
}

const withoutTarget = ({ spec: { target_state: _target, ...rest } }: Member): unknown => rest;
