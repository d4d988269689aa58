import { aborted } from "../../base/time/abortable.ts";
import { machineMs, systemClock } from "../../base/time/clock.ts";
import { isAlive } from "./children.ts";
import { systemProcesses } from "./processes.ts";
import { parseTold, WatchList, type Ending } from "./watch-list.ts";

/** Ends what still runs at its time. */
class Ender {
  readonly #list = new WatchList();
  #timer = new AbortController();
  /** Of a line that has not come whole. */
  #begun = "";

  hear(chunk: string): void {
    const lines = (this.#begun + chunk).split("\n");
    this.#begun = lines.pop() ?? "";
    for (const told of lines.map(parseTold)) if (told !== undefined) this.#list.take(told);
    this.#look();
  }

  /** Ends all that is left. */
  close(): void {
    this.#timer.abort();
    end(this.#list.left());
  }

  #look(): void {
    this.#timer.abort();
    this.#timer = new AbortController();
    end(this.#list.due(machineMs()));
    const at = this.#list.nextAt(machineMs());
    if (at === undefined) return;
    void systemClock.sleep(at - machineMs(), this.#timer.signal).then(
      () => this.#look(),
      () => undefined,
    );
  }
}

/** A pid that belongs to another program by now is left alone. */
const end = (endings: readonly Ending[]): void => {
  for (const { child, signal } of endings) if (isAlive(child, systemProcesses)) systemProcesses.signal(child.pid, signal);
};

/** The program of the child that {@link Watchdog} starts. Ends what still runs, and itself, at the end of its stdin. */
const main = async (): Promise<void> => {
  const ender = new Ender();
  const over = new AbortController();
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (chunk: string) => ender.hear(chunk));
  for (const event of ["end", "error", "close"]) process.stdin.on(event, () => over.abort());
  await aborted(over.signal);
  ender.close();
};

await main();
