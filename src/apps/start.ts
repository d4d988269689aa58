import { join } from "node:path";
import { systemClock } from "../base/time/clock.ts";
import { messageOf } from "../base/errors.ts";
import { silentLogger } from "../base/log.ts";
import { ownEnvironment } from "../base/process/environment.ts";
import { askOn, UsageError } from "./start/consent.ts";
import { hasColours, isTerminal, openDisplay } from "./start/display.ts";
import { parseStartOptions } from "./start/options.ts";
import { start } from "./start/run.ts";
import { repository } from "./start/session.ts";

/** `npm start`: exit 0 when stopped, or satisfied with `--once`; 1 with the reason; 2 for a wrong or missing flag. */
const main = async (): Promise<number> => {
  // npm runs scripts in the folder of package.json, and says where it was called.
  const cwd = ownEnvironment()["INIT_CWD"] ?? process.cwd();
  const parsed = parseStartOptions(process.argv.slice(2), { examples: join(repository, "examples"), cwd });
  if ("exitCode" in parsed) {
    (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.text);
    return parsed.exitCode;
  }
  const stop = new AbortController();
  // Whoever reads the output may go away; what was started is stopped all the same.
  process.stdout.on("error", () => stop.abort());
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());
  const env = ownEnvironment();
  const terminal = isTerminal(process.stdout, env) ? process.stdout : { write: (text: string) => process.stdout.write(text) };
  const display = openDisplay({ screen: terminal, clock: systemClock, colour: hasColours(env) });
  const ask = process.stdin.isTTY && process.stdout.isTTY ? askOn(process.stdin, process.stdout) : undefined;
  try {
    await start(parsed.options, { clock: systemClock, log: silentLogger, display, ask, cwd }, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return parsed.options.once ? 1 : 0;
    process.stderr.write(`${messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    if (stop.signal.aborted) display.print("stopped");
  }
};

process.exitCode = await main();
