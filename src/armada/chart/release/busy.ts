import type { ReleaseRef } from "../../../helm/driver.ts";
import { ApiError } from "../../../runtime/api.ts";
import { keyOfRelease } from "../objects/identity.ts";

/** Releases that this operator is writing: helm runs and changes of ownership, of whichever chart, exclude each other. */
export class BusyReleases {
  readonly #busy = new Set<string>();

  has(release: ReleaseRef): boolean {
    return this.#busy.has(keyOfRelease(release));
  }

  /** Rejects with {@link ApiError} 409 when somebody else is at it. */
  async alone<T>(release: ReleaseRef, work: () => Promise<T>): Promise<T> {
    const key = keyOfRelease(release);
    if (this.#busy.has(key))
      throw new ApiError(`release ${release.name} is being written for another ArmadaChart`, { status: 409, reason: "Conflict" });
    this.#busy.add(key);
    try {
      return await work();
    } finally {
      this.#busy.delete(key);
    }
  }
}
