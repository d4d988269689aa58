import type { ReleaseRef } from "../../../helm/driver.ts";
import { ApiError } from "../../../runtime/api.ts";

/** Releases that this operator is writing: helm runs and changes of ownership, of whichever chart, exclude each other. */
export class BusyReleases {
  readonly #busy = new Set<string>();

  has({ namespace, name }: ReleaseRef): boolean {
    return this.#busy.has(`${namespace}/${name}`);
  }

  /** Rejects with {@link ApiError} 409 when somebody else is at it. */
  async alone<T>({ namespace, name }: ReleaseRef, work: () => Promise<T>): Promise<T> {
    const key = `${namespace}/${name}`;
    if (this.#busy.has(key)) throw new ApiError(`release ${name} is being written for another ArmadaChart`, { status: 409, reason: "Conflict" });
    this.#busy.add(key);
    try {
      return await work();
    } finally {
      this.#busy.delete(key);
    }
  }
}
