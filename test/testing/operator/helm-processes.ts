import { readdirSync, readFileSync } from "node:fs";

/** Pids of helm processes that work on the release, as the kernel tells them. A zombie has no command line. */
export const helmProcesses = (release: string): readonly number[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const [command = "", , name] = commandLine(pid);
      return command.endsWith("helm") && name === release;
    })
    .map(Number);

const commandLine = (pid: string): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
};

/** Processes that a process has started and that still run. */
export const childrenOf = (parent: number): readonly { readonly pid: number; readonly command: string }[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && parentOf(entry) === parent)
    .map((pid) => ({ pid: Number(pid), command: commandLine(pid).join(" ") }));

const parentOf = (pid: string): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
};
