import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf } from "../../base/errors.ts";
import { isRecord } from "../../base/json/json.ts";
import { cacheRoot, makeInCache } from "./places.mjs";
import type { Env } from "./places.mjs";
import { startTimeOf } from "../../base/process/start-time.mjs";
import { ownIdentity } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** What a run has started and made outside its directory, so that a later run can clear it away. */
export interface RunState {
  readonly processes: readonly (ProcessIdentity & { readonly name: string })[];
  /** Absolute paths. */
  readonly directories: readonly string[];
}

const emptyState: RunState = { processes: [], directories: [] };
const stateFile = "state.json";

/**
 * The folder that holds a folder for each run: `$XDG_RUNTIME_DIR/armada-operator/run`, or below the cache where that cannot be written.
 */
export const openRunRoot = async (env: Env): Promise<string> => {
  const fallback = join(cacheRoot(env), "run");
  const preferred = env["XDG_RUNTIME_DIR"] ? join(env["XDG_RUNTIME_DIR"], "armada-operator", "run") : fallback;
  try {
    await mkdir(preferred, { recursive: true, mode: 0o700 });
    return preferred;
  } catch {
    makeInCache(fallback, 0o700);
    return fallback;
  }
};

/** A new folder for a run of this process. Its name says who owns it: `PID-STARTTIME-RANDOM`. */
export const createRunDirectory = (root: string): string => {
  const { pid, startTime } = ownIdentity();
  const directory = join(root, `${pid}-${startTime}-${randomBytes(4).toString("hex")}`);
  mkdirSync(directory, { mode: 0o700 });
  return directory;
};

/** The process that made a run directory; undefined when the folder is none of ours. */
export const ownerOf = (directory: string): ProcessIdentity | undefined => {
  const match = /^(\d+)-(\d+)-[0-9a-f]{8}$/.exec(basename(directory));
  return match?.[1] === undefined || match[2] === undefined ? undefined : { pid: Number(match[1]), startTime: match[2] };
};

/** An absent or unreadable state is an empty one. */
export const readRunState = (directory: string): RunState => {
  try {
    return parseState(JSON.parse(readFileSync(join(directory, stateFile), "utf8")));
  } catch {
    return emptyState;
  }
};

/** Notes a process, right after its start and without an await between. */
export const recordProcess = (directory: string, name: string, pid: number): void => {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) return;
  const state = readRunState(directory);
  writeState(directory, { ...state, processes: [...state.processes, { name, pid, startTime }] });
};

/** Notes a directory, before it is made. */
export const recordDirectory = (directory: string, made: string): void => {
  const state = readRunState(directory);
  writeState(directory, { ...state, directories: [...state.directories, made] });
};

const writeState = (directory: string, state: RunState): void => {
  const path = join(directory, stateFile);
  try {
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new Error(`Cannot record in ${path} what was started: ${messageOf(error)}`, { cause: error });
  }
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const parseState = (value: unknown): RunState => {
  if (!isRecord(value)) return emptyState;
  return {
    processes: listOf(value["processes"]).flatMap((entry) => {
      if (!isRecord(entry)) return [];
      const { name, pid, startTime } = entry;
      return typeof name === "string" && typeof pid === "number" && typeof startTime === "string" ? [{ name, pid, startTime }] : [];
    }),
    directories: listOf(value["directories"]).filter((entry) => typeof entry === "string"),
  };
};
