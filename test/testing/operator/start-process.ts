import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { signalGroup } from "../../../src/base/process/process-group.ts";
import { spawnFed, spawnLogged, type ChildEnd } from "../../../src/base/process/long-lived.ts";
import { isRunning } from "../../../src/local/control-plane/process-identity.ts";
import { readRunState, type RunState } from "../../../src/local/control-plane/run-directory.ts";
import { eventually } from "../eventually.ts";
import { repository } from "./operator.ts";
import { screenOf, type TerminalSize } from "./terminal.ts";

/** A place for runs of `npm start` of a test's own, so that what they leave can be told from what others run. */
export interface StartPlace {
  /** Starts it in a process group of its own, as a shell does. `npm`: through npm, with its set-up before. */
  start(args: readonly string[], options?: { readonly npm?: boolean; readonly env?: Readonly<Record<string, string>> }): StartProcess;
  /** Starts it in a pseudo terminal of that size, as `script` of util-linux makes one. */
  startOnTerminal(args: readonly string[], size: TerminalSize): TerminalProcess;
  /** Processes that runs in this place have noted, and that still run. */
  running(): RunState["processes"];
  /** Every file that runs in this place have left, relative to it. */
  runFiles(): readonly string[];
  remove(): Promise<void>;
}

export interface StartProcess {
  readonly pid: number;
  readonly exited: Promise<ChildEnd>;
  readonly output: () => Promise<string>;
  /** To the whole process group: what Ctrl-C on a terminal does. */
  interrupt(): void;
  kill(): void;
  /** Resolves when the output holds `text`. */
  says(text: string, withinMs?: number): Promise<void>;
}

export interface TerminalProcess {
  readonly exited: Promise<ChildEnd>;
  /** What the terminal shows now. */
  screen(): Promise<readonly string[]>;
  /** Types on the terminal. */
  type(text: string): void;
  /** Takes the terminal away: what runs in it is hung up. */
  hangUp(): void;
}

/** What `script` adds to what it records. */
const SCRIPT_SAYS = /^Script started .*\n|\nScript done .*\n/g;

export const startPlace = async (): Promise<StartPlace> => {
  const folder = await mkdtemp(join(tmpdir(), "armada-start-"));
  const runs = join(folder, "armada-operator", "run");
  let count = 0;
  const path = `${dirname(process.execPath)}:${ownEnvironment()["PATH"] ?? ""}`;
  const environment = { ...ownEnvironment(), PATH: path, XDG_RUNTIME_DIR: folder };
  return {
    start: (args, { npm = false, env = {} } = {}) => {
      const logFile = join(folder, `output-${String((count += 1))}.log`);
      const script = ["--", join(repository, "src/apps/start.ts"), ...args];
      const child = spawnLogged({
        command: npm ? "npm" : process.execPath,
        args: npm ? ["start", "--", ...args] : script,
        env: { ...environment, ...env },
        cwd: repository,
        logFile,
        parentDeathSignal: true,
      });
      const output = (): Promise<string> => readFile(logFile, "utf8");
      return {
        pid: child.pid,
        exited: child.exited,
        output,
        interrupt: () => void signalGroup(child.pid, "SIGINT"),
        kill: () => child.kill("SIGKILL"),
        says: (text, withinMs = 60_000) =>
          eventually(
            `it says "${text}"`,
            async () => {
              const said = await output();
              if (!said.includes(text)) throw new Error(said);
            },
            withinMs,
          ),
      };
    },
    startOnTerminal: (args, size) => {
      const record = join(folder, `terminal-${String((count += 1))}`);
      const start = `exec node -- '${join(repository, "src/apps/start.ts")}' ${args.join(" ")}`;
      const command = `stty cols ${String(size.columns)} rows ${String(size.rows)} && cd '${repository}' && ${start}`;
      const env = { ...environment, TERM: "xterm", NO_COLOR: "1", INIT_CWD: repository, SHELL: "/bin/sh" };
      const child = spawnFed({ command: "script", args: ["--quiet", "--flush", "--return", "--command", command, record], env });
      return {
        exited: child.exited,
        screen: async () => screenOf((await readFile(record, "utf8")).replaceAll(SCRIPT_SAYS, ""), size),
        type: (text) => child.tell(text),
        hangUp: () => void signalGroup(child.pid, "SIGKILL"),
      };
    },
    running: () =>
      readdirSync(runs, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .flatMap(({ name }) => readRunState(join(runs, name)).processes.filter(isRunning)),
    runFiles: () => readdirSync(runs, { recursive: true, encoding: "utf8" }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
