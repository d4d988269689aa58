import { createServer, type Server } from "node:net";
import { type EgressProxy, type EgressProxyOptions, Traffic } from "./egress-proxy.ts";

/**
 * A loopback port that leads to the one destination, for protocols that know no proxy (ssh, git). It takes one connection, the first: a git command
 * needs no second, and nobody else on this machine finds it open afterwards.
 */
export const openTcpProxy = async (options: EgressProxyOptions): Promise<EgressProxy> => {
  const traffic = new Traffic(options);
  const server = createServer({ pauseOnConnect: true }, (near) => {
    server.close();
    traffic
      .join(near, () => near.resume())
      .catch((error: unknown) => {
        traffic.failed(error);
        near.destroy();
      });
  });
  const port = await listen(server);
  return {
    port,
    get refusal() {
      return traffic.refusal;
    },
    get receivedBytes() {
      return traffic.receivedBytes;
    },
    close: async () => {
      traffic.close();
      await closed(server);
    },
  };
};

/** On a free port of loopback. */
export const listen = async (server: Server): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

export const closed = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
