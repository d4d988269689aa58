import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { ReleaseRef } from "./driver.ts";

/** A helm process as noted in `stateDir/children/<pid>.json`. */
export interface ChildNote extends ReleaseRef {
  readonly pid: number;
  /** Field 22 of `/proc/<pid>/stat`: with the pid it names one process for good. Absent where there is no `/proc`. */
  readonly startTime?: string | undefined;
  readonly verb: string;
}

/** What the reaper needs of the system; {@link systemProcesses} is the real one. */
export interface Processes {
  /** Undefined when no such process lives (a zombie does not). */
  startTimeOf(pid: number): string | undefined;
  /** To the process group of `pid`. A process that is gone is not an error. */
  signal(pid: number, signal: "SIGTERM" | "SIGKILL"): void;
}

const folderOf = (stateDir: string): string => join(stateDir, "children");

/**
 * Notes which helm children run. Synchronous on purpose: the note stands before anything is awaited, so a crash of this process
 * at any later moment leaves it for {@link reapLeftoverChildren}.
 */
export class ChildNotes {
  readonly #folder: string;
  readonly #processes: Processes;

  constructor(stateDir: string, processes: Processes) {
    this.#folder = folderOf(stateDir);
    this.#processes = processes;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Returns false when the note could not be written: the child runs all the same, and only the parent-death signal guards it. */
  add(pid: number, verb: string, release: ReleaseRef): boolean {
    const note: ChildNote = { pid, startTime: this.#processes.startTimeOf(pid), verb, ...release };
    try {
      writeFileSync(this.#fileOf(pid), JSON.stringify(note), { mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  }

  remove(pid: number): void {
    rmSync(this.#fileOf(pid), { force: true });
  }

  #fileOf(pid: number): string {
    return join(this.#folder, `${pid}.json`);
  }
}

const pollMs = 50;

/**
 * Ends the helm processes that an earlier process of this state folder left running: SIGTERM, then SIGKILL after `graceMs`.
 * A pid that now belongs to another program is left alone. Returns the notes of those that were still alive; afterwards none is, and no note is left.
 * To be called before this process starts a helm of its own.
 */
export const reapLeftoverChildren = async (
  stateDir: string,
  deps: { readonly clock: Clock; readonly processes: Processes; readonly graceMs: number },
  signal: AbortSignal,
): Promise<readonly ChildNote[]> => {
  const alive = (note: ChildNote): boolean => note.startTime !== undefined && deps.processes.startTimeOf(note.pid) === note.startTime;
  const left = readNotes(stateDir).filter(alive);
  for (const note of left) deps.processes.signal(note.pid, "SIGTERM");
  for (let waited = 0; waited < deps.graceMs && left.some(alive); waited += pollMs) await deps.clock.sleep(pollMs, signal);
  for (const note of left.filter(alive)) deps.processes.signal(note.pid, "SIGKILL");
  while (left.some(alive)) await deps.clock.sleep(pollMs, signal);
  rmSync(folderOf(stateDir), { recursive: true, force: true });
  mkdirSync(folderOf(stateDir), { recursive: true, mode: 0o700 });
  return left;
};

const readNotes = (stateDir: string): readonly ChildNote[] => {
  try {
    return readdirSync(folderOf(stateDir)).flatMap((file) => parseNote(readFileSync(join(folderOf(stateDir), file), "utf8")));
  } catch {
    return [];
  }
};

const parseNote = (text: string): readonly ChildNote[] => {
  try {
    const value: unknown = JSON.parse(text);
    return isNote(value) ? [value] : [];
  } catch {
    return [];
  }
};

const isNote = (value: unknown): value is ChildNote =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  typeof value.pid === "number" &&
  Number.isInteger(value.pid) &&
  value.pid > 1 &&
  (!("startTime" in value) || typeof value.startTime === "string");
