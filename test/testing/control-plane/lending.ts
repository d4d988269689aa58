import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { messageOf } from "../../../src/base/errors.ts";
import type { Pool, Taken } from "./pool.ts";

/** A control plane of another process: a connection to that process is the right to use it, so nobody's end leaves it in use. */
export interface Lent {
  readonly kubeconfigPath: string;
  readonly server: string;
  readonly ca: string;
  readonly directory: string;
  /** Resolves when the next one may have it. */
  giveBack(): Promise<void>;
}

/** A boot takes seconds, several at once on a busy machine a minute. */
const PATIENCE_MS = 120_000;

const offer = z.union([
  z.object({ kubeconfigPath: z.string(), server: z.string(), ca: z.string(), directory: z.string() }),
  z.object({ error: z.string() }),
]);

/** Lends the control planes of `pool` over a socket at `path`, until it is stopped. */
export const lend = async (path: string, pool: Pool): Promise<() => Promise<void>> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void serve(socket, pool);
  });
  await rm(path, { force: true });
  server.listen(path);
  await once(server, "listening");
  return async () => {
    server.close();
    await pool.stop();
    for (const socket of sockets) socket.destroy();
    await rm(path, { force: true });
  };
};

const serve = async (socket: Socket, pool: Pool): Promise<void> => {
  const over = new Promise<void>((resolve) => {
    for (const how of ["end", "close"]) socket.once(how, () => resolve());
  });
  // The one who asked may be gone: then it closes, which is all there is to know.
  socket.on("error", () => undefined).resume();
  let taken: Taken;
  try {
    taken = await pool.take();
  } catch (error) {
    socket.end(`${JSON.stringify({ error: messageOf(error) })}\n`);
    return;
  }
  const { kubeconfigPath, server, ca, directory } = taken.controlPlane;
  socket.write(`${JSON.stringify({ kubeconfigPath, server, ca, directory })}\n`);
  await over;
  await taken.giveBack();
};

/** Borrows one. Rejects when nobody lends at `path`, and with what the lender says. */
export const borrow = async (path: string): Promise<Lent> => {
  const socket = createConnection(path);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await once(socket, "connect", { signal });
  // A lender that ends is missed by those who ask the control plane.
  socket.on("error", () => undefined);
  const [line] = await once(createInterface(socket), "line", { signal });
  const found = offer.parse(JSON.parse(z.string().parse(line)));
  if ("error" in found) throw new Error(found.error);
  // A test file that forgets to give it back does not keep its process from ending.
  socket.unref();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const giveBack = (): Promise<void> => {
    socket.ref().end();
    return closed;
  };
  return { ...found, giveBack };
};

/** Whether somebody lends at `path`, without borrowing. */
export const isLent = async (path: string): Promise<boolean> => {
  const socket = createConnection(path);
  const answer = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
  socket.destroy();
  return answer;
};
