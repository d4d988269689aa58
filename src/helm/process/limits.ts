import type { ChildLimits } from "../../base/process/launch.ts";
import type { ChildResult } from "../../base/process/process.ts";
import { HelmError } from "../driver.ts";

/**
 * Of one helm process. Installing a chart takes 60 to 250 MiB and a few seconds of CPU time; what a chart may render follows from this.
 */
export const HELM_LIMITS: ChildLimits = { memoryBytes: 512 * 2 ** 20, cpuSeconds: 120 };

/** Near its limit helm's garbage collector works harder, before the kernel refuses. On one CPU at a time, CPU time is not spent faster than time passes. */
export const limitEnvironment = ({ memoryBytes }: ChildLimits): Readonly<Record<string, string>> => ({
  GOMAXPROCS: "1",
  GOMEMLIMIT: `${String(Math.floor((memoryBytes * 0.8) / 2 ** 20))}MiB`,
});

/**
 * What Go's runtime says when it gets no more memory; it then exits with 2. Its garbage collector does not look whether it got any, and crashes
 * outside Go code: a nil pointer of Go code is a panic, and named as such.
 */
const OUT_OF_MEMORY =
  /^(?:(?:fatal error: |runtime: ).*(?:out of memory|cannot allocate memory|cannot map pages|failed to create new OS thread)|SIGSEGV: segmentation violation$)/m;

/** Of the CPU time, what passes at least until it is used up: system calls go on beside {@link limitEnvironment}'s one CPU. */
const LEAST = 0.8;

/** The child ran into a limit; undefined when it ended otherwise. Nobody but the kernel kills with SIGKILL what was not asked to end before. */
export const limitError = (child: ChildResult, limits: ChildLimits): HelmError | undefined => {
  const { memoryBytes, cpuSeconds } = limits;
  if (child.exitCode === 2 && OUT_OF_MEMORY.test(child.stderr)) return ended(`${String(memoryBytes / 2 ** 20)} MiB of memory`);
  if (child.signal === "SIGKILL" && child.durationMs >= cpuSeconds * 1000 * LEAST) return ended(`${String(cpuSeconds)} s of CPU time`);
  return undefined;
};

const ended = (amount: string): HelmError =>
  new HelmError(`helm was killed: it used more than ${amount}; reduce the size of the chart, its charts/ and the manifests it renders`, {
    reason: "LimitExceeded",
    class: "terminal",
  });
