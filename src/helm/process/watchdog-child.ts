import { aborted } from "../../base/abortable.ts";
import { machineMs, systemClock } from "../../base/clock.ts";
import { isAlive } from "./children.ts";
import { systemProcesses } from "./processes.ts";
import { parseTold, WatchList, type Ending } from "./watch-list.ts";

/** The program of the child that {@link Watchdog} starts. Ends what still runs, and itself, at the end of its stdin. */
const list = new WatchList();
let timer = new AbortController();

/** A pid that belongs to another program by now is left alone. */
const end = (endings: readonly Ending[]): void => {
  for (const { child, signal } of endings) if (isAlive(child, systemProcesses)) systemProcesses.signal(child.pid, signal);
};

const look = (): void => {
  timer.abort();
  timer = new AbortController();
  end(list.due(machineMs()));
  const at = list.nextAt(machineMs());
  if (at !== undefined) void systemClock.sleep(at - machineMs(), timer.signal).then(look, () => undefined);
};

let begun = "";
const over = new AbortController();
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (begun + chunk).split("\n");
  begun = lines.pop() ?? "";
  for (const told of lines.map(parseTold)) if (told !== undefined) list.take(told);
  look();
});
for (const event of ["end", "error", "close"]) process.stdin.on(event, () => over.abort());

await aborted(over.signal);
timer.abort();
end(list.left());
