import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extendEnvironment, ownEnvironment } from "../../../src/base/process/environment.ts";
import { cacheRoot } from "../../../src/local/control-plane/places.mjs";
import { keptSocket, LENDER } from "./kept.ts";
import { isLent, lend } from "./lending.ts";
import { createPool } from "./pool.ts";

/** Says that the control plane of `npm run control-plane` is to be used. */
const KEPT = "ARMADA_TEST_KEPT";

/** Before the first test file: says to all of them where to borrow. Gives what is to be done after the last one. `workers`: files at a time. */
export const openForTests = async (workers: number): Promise<() => Promise<void>> => {
  const env = ownEnvironment();
  // Of every operator that a test starts, node keeps what it has compiled: half of the CPU that its start takes.
  extendEnvironment({ NODE_COMPILE_CACHE: join(cacheRoot(env), "compiled") });
  if (env[KEPT] !== undefined) {
    const kept = await keptSocket(env);
    if (!(await isLent(kept))) throw new Error("No control plane is kept: run npm run control-plane in another terminal first");
    extendEnvironment({ [LENDER]: kept });
    return () => Promise.resolve();
  }
  const folder = await mkdtemp(join(tmpdir(), "armada-lender-"));
  const path = join(folder, "socket");
  const stop = await lend(path, createPool(workers));
  extendEnvironment({ [LENDER]: path });
  return async () => {
    await stop();
    await rm(folder, { recursive: true });
  };
};
