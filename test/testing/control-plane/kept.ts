import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Env } from "../../../src/local/control-plane/places.mjs";
import { openRunRoot } from "../../../src/local/control-plane/run-directory.ts";
import { repository } from "../operator/operator.ts";

/** Names the socket at which a test file borrows its control plane. */
export const LENDER = "ARMADA_TEST_CONTROL_PLANES";

/** Where `npm run control-plane` of this checkout lends. Short: a socket's path has at most 107 bytes. */
export const keptSocket = async (env: Env): Promise<string> =>
  join(await openRunRoot(env), `kept-${createHash("sha256").update(repository).digest("hex").slice(0, 12)}.sock`);
