// `npm run control-plane`: keeps a control plane for test files that run one after the other, until Ctrl-C.
import { once } from "node:events";
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

keep().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
