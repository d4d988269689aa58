import { connect, createServer, type Server, type Socket } from "node:net";
import { freePorts } from "../../../src/local/control-plane/ports.ts";
import { closed } from "../../../src/sources/git/loopback.ts";

/** A port of loopback that leads to a server, as long as somebody does not pull the plug. */
export interface Plug {
  readonly port: number;
  /** From now on nobody listens on the port, as when the server was stopped. */
  pull(): Promise<void>;
  /** The server is back at the same port. */
  push(): Promise<void>;
  /** From now on nothing that is sent arrives, and no connection is refused, as when a network is cut. */
  freeze(): void;
  /** What was sent meanwhile arrives now. */
  thaw(): void;
}

/** The two ends of a connection. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

const join = ({ near, far }: Pair): void => void near.pipe(far).pipe(near);

const part = ({ near, far }: Pair): void => {
  near.unpipe(far).pause();
  far.unpipe(near).pause();
};

export const plugInto = async (serverPort: number): Promise<Plug> => {
  const pairs = new Set<Pair>();
  let frozen = false;
  const take = (near: Socket): void => {
    const pair = { near, far: connect(serverPort, "127.0.0.1") };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      pair.far.destroy();
    };
    for (const socket of [near, pair.far]) socket.on("error", () => undefined).once("close", end);
    if (!frozen) join(pair);
  };
  const [port = 0] = await freePorts(1);
  let server: Server | undefined;
  const push = async (): Promise<void> => {
    server = createServer({ pauseOnConnect: true }, take);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
    await promise;
  };
  const pull = async (): Promise<void> => {
    const end = server === undefined ? undefined : closed(server);
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
    await end;
  };
  const freeze = (): void => {
    frozen = true;
    for (const pair of pairs) part(pair);
  };
  const thaw = (): void => {
    frozen = false;
    for (const pair of pairs) join(pair);
  };
  await push();
  return { port, pull, push, freeze, thaw };
};
