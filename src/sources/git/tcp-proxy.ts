import { createServer } from "node:net";
import { type EgressProxy, type EgressProxyOptions, Traffic } from "./egress-proxy.ts";
import { closed, listen } from "./loopback.ts";

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
