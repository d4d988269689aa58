import { readFileSync } from "node:fs";
import { signalGroup } from "../../base/process.ts";
import type { Processes } from "./children.ts";

/** Start time (field 22) out of `/proc/<pid>/stat`; undefined for a zombie. The command name in parentheses may hold anything. */
export const startTimeInStat = (stat: string): string | undefined => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
};

/** Linux: `/proc`. Elsewhere nothing is known and nothing is signalled. */
export const systemProcesses: Processes = {
  startTimeOf: (pid) => {
    try {
      return startTimeInStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return undefined;
    }
  },
  signal: (pid, signal) => void signalGroup(pid, signal),
};
