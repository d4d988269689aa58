import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryOf } from "../../../bench/measure.ts";
import { repository } from "../operator/operator.ts";

/** How long an operator stands still, and how much memory it takes: shown, never judged by a test. */
export interface Stalls {
  /** For the operator that is to be watched. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on. */
  begin(pid: number): Promise<void>;
  /** One line on stdout: what happened since. */
  show(title: string, pid: number): Promise<void>;
  remove(): Promise<void>;
}

export const watchStalls = async (): Promise<Stalls> => {
  const folder = await mkdtemp(join(tmpdir(), "armada-stalls-"));
  const file = join(folder, "stalls");
  return {
    env: { NODE_OPTIONS: `--no-warnings --import=${join(repository, "test", "testing", "charts", "stall-probe.ts")}`, ARMADA_STALLS: file },
    begin: async (pid) => {
      await writeFile(file, "");
      // The highest memory so far is forgotten.
      await writeFile(`/proc/${String(pid)}/clear_refs`, "5");
    },
    show: async (title, pid) => {
      const stalls = (await readFile(file, "utf8")).split("\n").map(Number);
      const { peak } = memoryOf(pid);
      process.stdout.write(`${title.padEnd(60)} longest stall ${String(Math.max(0, ...stalls))} ms, memory at most ${peak.toFixed(0)} MiB\n`);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
