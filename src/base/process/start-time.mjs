import { readFileSync } from "node:fs";

/** Field 22 of `/proc/PID/stat`; the name in field 2 may hold anything, blanks and brackets too. */
export const parseStartTime = (stat) => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
};

export const startTimeOf = (pid) => {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
};
