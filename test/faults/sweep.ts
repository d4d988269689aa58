import { systemClock } from "../../src/base/time/clock.ts";
import { messageOf } from "../../src/base/errors.ts";
import type { Scenario } from "./scenarios.ts";
import type { SweepSite } from "./site.ts";
import { runTrial, type Fault, type TrialResult } from "./trial.ts";

/** A trial with a fault, judged against an undisturbed one. */
export interface Verdict {
  readonly fault: Fault;
  /** Met, and so struck. Not every run meets every point. */
  readonly struck: boolean;
  /** Helm processes more than undisturbed. */
  readonly surplus: number;
  readonly tookMs: number;
  readonly failure?: string;
}

export interface Baseline {
  readonly scenario: Scenario;
  readonly name: string;
  /** Of two undisturbed trials, those of the first in order and what only the second met. */
  readonly points: readonly string[];
  readonly expected: TrialResult["states"];
  readonly helmRuns: number;
}

/** Two undisturbed trials, which must come to the same. */
export const baselineOf = async (site: SweepSite, name: string, scenario: Scenario): Promise<Baseline> => {
  const first = await runTrial(site, scenario, { namespace: `${name}-undisturbed-1` });
  const second = await runTrial(site, scenario, { namespace: `${name}-undisturbed-2`, expected: first.states });
  const points = [...new Set([...first.points, ...second.points])];
  return { scenario, name, points, expected: first.states, helmRuns: Math.min(first.helmRuns, second.helmRuns) };
};

/** Each crash may cost one helm run more, and none may change the end. */
export const judge = async (site: SweepSite, { scenario, name, points, expected, helmRuns }: Baseline, fault: Fault): Promise<Verdict> => {
  const startedMs = systemClock.monotonic();
  const namespace = `${name}-${fault.mode}-${String(points.indexOf(fault.point) + 1)}`;
  const verdict = (struck: boolean, surplus: number, failure?: string): Verdict => ({
    fault,
    struck,
    surplus,
    tookMs: systemClock.monotonic() - startedMs,
    ...(failure === undefined ? {} : { failure }),
  });
  try {
    const trial = await runTrial(site, scenario, { namespace, fault, expected });
    const surplus = trial.helmRuns - helmRuns;
    return verdict(trial.struck, surplus, surplus > 1 ? `helm ran ${String(surplus)} times more than undisturbed` : undefined);
  } catch (error) {
    return verdict(true, 0, messageOf(error));
  }
};

/** Judges every fault, `jobs` at once. */
export const sweep = async (
  site: SweepSite,
  baseline: Baseline,
  { faults, jobs, onVerdict }: { readonly faults: readonly Fault[]; readonly jobs: number; readonly onVerdict: (verdict: Verdict) => void },
): Promise<readonly Verdict[]> => {
  const left = [...faults];
  const verdicts: Verdict[] = [];
  const work = async (): Promise<void> => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      const verdict = await judge(site, baseline, fault);
      verdicts.push(verdict);
      onVerdict(verdict);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return verdicts;
};
