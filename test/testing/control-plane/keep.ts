// `npm run control-plane`: keeps a control plane for test files that run one after the other, until Ctrl-C.
import { once } from "node:events";
import { Command } from "commander";
import { parseArguments } from "../../../src/apps/arguments.ts";
import { messageOf } from "../../../src/base/errors.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { keptSocket } from "./kept.ts";
import { isLent, lend } from "./lending.ts";
import { createPool } from "./pool.ts";

const keep = async (): Promise<void> => {
  const path = await keptSocket(ownEnvironment());
  if (await isLent(path)) throw new Error("npm run control-plane runs already for this checkout: use that one, or end it with Ctrl-C");
  const pool = createPool(1);
  const stop = await lend(path, pool);
  const ended = Promise.race(["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal)));
  const first = await pool.take();
  await first.giveBack();
  process.stdout.write("A control plane is kept: npm run acceptance:kept -- charts/removal; Ctrl-C ends it.\n");
  await ended;
  await stop();
};

/** Exit 0 when it was ended, 1 with the reason, 2 for a wrong flag. */
const main = async (): Promise<number> => {
  const command = new Command("npm run control-plane --").description("Keeps a control plane for npm run acceptance:kept, until Ctrl-C.");
  const parsed = parseArguments(command, process.argv.slice(2), () => ({}));
  if ("exitCode" in parsed) {
    (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.text);
    return parsed.exitCode;
  }
  try {
    await keep();
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
};

process.exitCode = await main();
