import { systemClock } from "../../../src/base/time/clock.ts";
import { helmProcesses } from "./helm-processes.ts";

const LOOK_MS = 20;

/** Looks at the helm processes of releases again and again, whoever started them. */
export interface HelmWitness {
  /** `release: pids` of every moment in which there was more than one for a release. */
  readonly crowds: readonly string[];
  stop(): Promise<void>;
}

export const witnessHelm = (releases: readonly string[]): HelmWitness => {
  const crowds: string[] = [];
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      for (const release of releases) {
        const pids = helmProcesses(release);
        if (pids.length > 1) crowds.push(`${release}: ${pids.join(", ")}`);
      }
      await systemClock.sleep(LOOK_MS, stop.signal).catch(() => undefined);
    }
  };
  const looking = look();
  return {
    crowds,
    stop: async () => {
      stop.abort();
      await looking;
    },
  };
};
