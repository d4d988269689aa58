import { fileURLToPath } from "node:url";
import { machineMs, type Clock } from "../../base/time/clock.ts";
import type { ChildEnd, FedChild, spawnFed } from "../../base/process/long-lived.ts";
import { deadlinesAfter, type LeaseTimes } from "../../runtime/leaderelection/lease-times.ts";
import type { ProcessIdentity } from "./children.ts";
import type { Told } from "./watch-list.ts";

/** What the driver tells of its helm processes. */
export interface HelmGuard {
  /** Throws when no helm may start. */
  assertMayStart(): void;
  started(child: ProcessIdentity): void;
  ended(pid: number): void;
}

export interface WatchdogDeps {
  /** `spawnFed` of `base/process/long-lived.ts`. */
  readonly spawn: typeof spawnFed;
  readonly clock: Clock;
  readonly times: LeaseTimes;
}

/** Beside this file, as source and as bundle. */
const CHILD = import.meta.url.endsWith(".ts") ? "watchdog-child.ts" : "watchdog-child.mjs";
/** It holds a few numbers. */
const SMALL = ["--max-semi-space-size=1", "--max-old-space-size=16"];

/**
 * A process that ends the helm processes of this one when the Lease is not renewed any more, whatever has become of this process: stopped,
 * stuck, or dead where there is no parent-death signal. It must not fail: {@link Watchdog.failed} is a reason to stop.
 */
export class Watchdog {
  readonly #deps: WatchdogDeps;
  readonly #child: FedChild;

  constructor(deps: WatchdogDeps) {
    this.#deps = deps;
    const program = fileURLToPath(new URL(CHILD, import.meta.url));
    this.#child = deps.spawn({ command: process.execPath, args: [...SMALL, "--", program], env: {} });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when it has ended by itself, and never when it was told to. */
  get failed(): Promise<ChildEnd> {
    return this.#child.exited;
  }

  /** The Lease was renewed by a request that was sent at `renewedAt` of the clock. */
  renewed(renewedAt: number): void {
    const { clock, times } = this.#deps;
    const { terminateAt, killAt } = deadlinesAfter(machineMs() - (clock.monotonic() - renewedAt), times);
    this.#tell({ type: "renewed", terminateAt, killAt });
  }

  started(child: ProcessIdentity): void {
    this.#tell({ type: "started", child });
  }

  ended(pid: number): void {
    this.#tell({ type: "ended", pid });
  }

  /** Resolves when it is gone. */
  async close(): Promise<void> {
    this.#child.close();
    await this.#child.exited;
  }

  #tell(told: Told): void {
    this.#child.tell(`${JSON.stringify(told)}\n`);
  }
}
