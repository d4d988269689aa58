/** When a process was started, from the text of `/proc/PID/stat`; undefined for a zombie. */
export const parseStartTime: (stat: string) => string | undefined;

/**
 * When a process was started, in clock ticks since boot: with its pid it cannot be mistaken for a later process. Undefined when no such process
 * runs, and where there is no `/proc`. Plain JavaScript, because set-up asks before there is a Node that reads types.
 */
export const startTimeOf: (pid: number) => string | undefined;
