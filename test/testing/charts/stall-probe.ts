/** Loaded into an operator (`--import`): notes how long its event loop stood still, a line each time, in the file that ARMADA_STALLS names. */
import { appendFileSync } from "node:fs";

const LOOK_MS = 5;
/** Shorter ones are the garbage collector's, or the machine's. */
const NOTED_MS = 30;

const file = process.env["ARMADA_STALLS"];
if (file !== undefined) {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const stood = now - last - LOOK_MS;
    last = now;
    if (stood >= NOTED_MS) appendFileSync(file, `${stood.toFixed(0)}\n`);
  }, LOOK_MS).unref();
}
