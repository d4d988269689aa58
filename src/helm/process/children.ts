import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/time/clock.ts";
import type { ReleaseRef } from "../driver.ts";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of `/proc/<pid>/stat`. Absent where there is no `/proc`. */
  readonly startTime?: string | undefined;
}

/** A helm process as noted in `stateDir/children/<pid>.json`. */
export interface ChildNote extends ReleaseRef, ProcessIdentity {
  readonly verb: string;
  /** The operator that started it. */
  readonly parent: ProcessIdentity;
}

/** What the reaper needs of the system; {@link systemProcesses} is the real one. */
export interface Processes {
  /** Undefined when no such process lives (a zombie does not). */
  startTimeOf(pid: number): string | undefined;
  /** To the process group of `pid`. A process that is gone is not an error. */
  signal(pid: number, signal: "SIGTERM" | "SIGKILL"): void;
}

export const identityOf = (pid: number, processes: Processes): ProcessIdentity => ({ pid, startTime: processes.startTimeOf(pid) });

export const isAlive = ({ pid, startTime }: ProcessIdentity, processes: Processes): boolean =>
  startTime !== undefined && processes.startTimeOf(pid) === startTime;

const folderOf = (stateDir: string): string => join(stateDir, "children");

/**
 * Notes which helm children run. Synchronous on purpose: the note stands before anything is awaited, so a crash of this process
 * at any later moment leaves it for {@link reapLeftoverChildren}.
 */
export class ChildNotes {
  readonly #folder: string;
  readonly #processes: Processes;
  readonly #parent: ProcessIdentity;

  /** `ownPid`: of the process that starts them. */
  constructor(stateDir: string, processes: Processes, ownPid: number) {
    this.#folder = folderOf(stateDir);
    this.#processes = processes;
    this.#parent = identityOf(ownPid, processes);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Returns who the child is. When the note cannot be written the child runs all the same, and the next operator does not look for it. */
  add(pid: number, verb: string, release: ReleaseRef): ProcessIdentity {
    const child = identityOf(pid, this.#processes);
    const note: ChildNote = { ...child, verb, ...release, parent: this.#parent };
    try {
      writeFileSync(this.#fileOf(pid), JSON.stringify(note), { mode: 0o600 });
    } catch {
      // A full disk, say.
    }
    return child;
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
 * Ends the helm processes that an operator which is gone left running from this state folder: SIGTERM, then SIGKILL after `graceMs`. Those of
 * an operator that lives are its own affair, and a pid that now belongs to another program is left alone. Returns the notes of those that
 * were still alive; afterwards none is, and their notes are gone.
 */
export const reapLeftoverChildren = async (
  stateDir: string,
  deps: { readonly clock: Clock; readonly processes: Processes; readonly graceMs: number },
  signal: AbortSignal,
): Promise<readonly ChildNote[]> => {
  const alive = (process: ProcessIdentity): boolean => isAlive(process, deps.processes);
  const orphans = readNotes(stateDir).filter(({ note }) => note === undefined || !alive(note.parent));
  const left = orphans.flatMap(({ note }) => (note !== undefined && alive(note) ? [note] : []));
  for (const note of left) deps.processes.signal(note.pid, "SIGTERM");
  for (let waited = 0; waited < deps.graceMs && left.some(alive); waited += pollMs) await deps.clock.sleep(pollMs, signal);
  for (const note of left.filter(alive)) deps.processes.signal(note.pid, "SIGKILL");
  while (left.some(alive)) await deps.clock.sleep(pollMs, signal);
  for (const { file } of orphans) rmSync(file, { force: true });
  return left;
};

/** `note` is absent of a file that holds none. */
const readNotes = (stateDir: string): readonly { readonly file: string; readonly note?: ChildNote }[] => {
  const folder = folderOf(stateDir);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => {
    const file = join(folder, name);
    try {
      const value: unknown = JSON.parse(readFileSync(file, "utf8"));
      return [isNote(value) ? { file, note: value } : { file }];
    } catch {
      return [{ file }];
    }
  });
};

export const isIdentity = (value: unknown): value is ProcessIdentity =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  typeof value.pid === "number" &&
  Number.isInteger(value.pid) &&
  value.pid > 0 &&
  (!("startTime" in value) || typeof value.startTime === "string");

const isNote = (value: unknown): value is ChildNote => isIdentity(value) && value.pid > 1 && "parent" in value && isIdentity(value.parent);
