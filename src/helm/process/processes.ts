import { signalGroup } from "../../base/process/process-group.ts";
import { startTimeOf } from "../../base/process/start-time.mjs";
import type { Processes } from "./children.ts";

/** Linux: `/proc`. Elsewhere nothing is known and nothing is signalled. */
export const systemProcesses: Processes = { startTimeOf, signal: (pid, signal) => void signalGroup(pid, signal) };
