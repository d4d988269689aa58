import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import type { Server } from "node:net";

/** Below the ports that Linux gives to outgoing connections, so that none of those takes a port between choosing and using it. */
const range = { from: 20_000, to: 32_000 };

const tryListen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/** `count` different TCP ports that nobody listens on at 127.0.0.1. They are free, not reserved: another program may still be faster. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const held = new Map<number, Server>();
  try {
    for (let attempts = 0; held.size < count; attempts++) {
      if (attempts > 100 * count) throw new Error(`Cannot find ${count} free ports between ${range.from} and ${range.to} on 127.0.0.1`);
      const port = randomInt(range.from, range.to);
      const server = held.has(port) ? undefined : await tryListen(port);
      if (server !== undefined) held.set(port, server);
    }
    return [...held.keys()];
  } finally {
    await Promise.all([...held.values()].map(close));
  }
};
