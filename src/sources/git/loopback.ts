import type { Server } from "node:net";

/** On a free port of loopback; resolves with the port. */
export const listen = async (server: Server): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

/** Resolves when its connections have ended, too. */
export const closed = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
