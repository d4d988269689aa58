import { messageOf } from "../base/errors.ts";
import { extendEnvironment, ownEnvironment } from "../base/process/environment.ts";
import { StillAtWork } from "../runtime/manager.ts";
import { createLogger } from "./log.ts";
import { runReleaseFinalizers } from "./finalizers.ts";
import { parseConfig } from "./operator/settings/config.ts";
import { runOperator } from "./operator/operator.ts";
import { RELEASE_FINALIZERS } from "./operator/finalizers/command.ts";

/** `armada-operator`: exit 0 after an orderly stop, 1 when it cannot go on, 2 for a wrong flag. */
const main = async (): Promise<number> => {
  const [command, ...rest] = process.argv.slice(2);
  if (command === RELEASE_FINALIZERS) return runReleaseFinalizers(rest);
  const parsed = parseConfig(process.argv.slice(2), ownEnvironment());
  if ("exitCode" in parsed) {
    (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.text);
    return parsed.exitCode;
  }
  extendEnvironment(parsed.fileEnvironment);
  const log = createLogger({ level: parsed.config.logLevel, format: parsed.config.logFormat });
  const stop = new AbortController();
  // A defect: what comes after it cannot be trusted. helm children end with this process, and the next one goes on from what is seen.
  process.on("uncaughtException", (error) => {
    log.error("exiting because of an internal error", { error: messageOf(error), at: error.stack?.split("\n")[1]?.trim() });
    process.exit(1);
  });
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      if (!stop.signal.aborted) log.info("stopping; helm that runs is left to finish", { signal: name, atMostMs: parsed.config.drainMs });
      stop.abort(new Error(`stopped by ${name}`));
    });
  try {
    await runOperator(parsed.config, log, stop.signal);
    return 0;
  } catch (error) {
    const stillAtWork = error instanceof StillAtWork;
    if (stop.signal.aborted && !stillAtWork) return 0;
    process.stderr.write(`armada-operator: ${messageOf(error)}\n`);
    if (stillAtWork) process.exit(1);
    return 1;
  }
};

process.exitCode = await main();
