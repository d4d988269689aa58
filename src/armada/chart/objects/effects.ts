import type { ReleaseRef } from "../../../helm/driver.ts";
import type { ReleaseRecord } from "../../../helm/release.ts";
import { backoffMs } from "../../../runtime/backoff.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { identityOf, keyOfRelease } from "./identity.ts";

/** What the operator did to one object of a revision. */
export interface ObjectEffect {
  readonly type: "restore" | "prune";
  /** How often, in a row. */
  readonly times: number;
  /** Wall clock of the last time, milliseconds. */
  readonly atMs: number;
  /** One clause on who undoes it, once somebody has looked. */
  readonly by: string | undefined;
}

export type ObjectEffects = ReadonlyMap<string, ObjectEffect>;

/** Put back so many times in a row, an object counts only when it stays. */
export const DOUBTED = 2;

/** Whoever is quiet for so long begins anew: longer than any pause. */
const QUIET_MS = 900_000;

/** How long an object is left alone to which the same was done so many times in a row. */
export const pauseMs = ({ times }: ObjectEffect): number => backoffMs(times, { random: () => 1 });

/**
 * What was put back and removed since the newest revision was made, by {@link identityOf}. Nobody else knows of it: a manifest says what is
 * wanted, and the cluster what is there. Forgotten when the operator ends.
 */
export class EffectMemory {
  readonly #known = new Map<string, { readonly secretUid: string; readonly effects: Map<string, ObjectEffect> }>();

  /** Since the revision of that Secret was made. */
  of(release: ReleaseRef, secretUid: string): ObjectEffects {
    const known = this.#known.get(keyOfRelease(release));
    return known?.secretUid === secretUid ? known.effects : new Map();
  }

  /** Returns what is known of the object now. */
  note({ release, newest }: ReleaseRecord, type: ObjectEffect["type"], object: ReleaseObject, nowMs: number): ObjectEffect {
    const before = this.of(release, newest.secret.uid).get(identityOf(object));
    const again = before?.type === type && nowMs - before.atMs < QUIET_MS;
    const effect = { type, times: again ? before.times + 1 : 1, atMs: nowMs, by: again ? before.by : undefined };
    this.#set(release, newest.secret.uid, object, effect);
    return effect;
  }

  blame({ release, newest }: ReleaseRecord, object: ReleaseObject, by: string): void {
    const effect = this.of(release, newest.secret.uid).get(identityOf(object));
    if (effect !== undefined) this.#set(release, newest.secret.uid, object, { ...effect, by });
  }

  #set(release: ReleaseRef, secretUid: string, object: ReleaseObject, effect: ObjectEffect): void {
    const effects = new Map(this.of(release, secretUid)).set(identityOf(object), effect);
    this.#known.set(keyOfRelease(release), { secretUid, effects });
  }

  forget(release: ReleaseRef): void {
    this.#known.delete(keyOfRelease(release));
  }
}
