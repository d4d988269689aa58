import type { HistoryEntry } from "../../api/history.ts";

/** helm's last run that went well made a revision: nobody here has uninstalled it since. `history`: newest first. */
export const wasMade = (history: readonly HistoryEntry[] | undefined): boolean => {
  const last = history?.find(({ result, action }) => result === "succeeded" && ["install", "upgrade", "uninstall"].includes(action));
  return last !== undefined && last.action !== "uninstall";
};
