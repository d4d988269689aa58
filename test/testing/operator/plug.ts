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
}

export const plugInto = async (serverPort: number): Promise<Plug> => {
  const sockets = new Set<Socket>();
  const pipe = (near: Socket): void => {
    const far = connect(serverPort, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
    near.pipe(far).pipe(near);
  };
  const [port = 0] = await freePorts(1);
  let server: Server | undefined;
  const push = async (): Promise<void> => {
    server = createServer(pipe);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
    await promise;
  };
  const pull = async (): Promise<void> => {
    const end = server === undefined ? undefined : closed(server);
    for (const socket of sockets) socket.destroy();
    await end;
  };
  await push();
  return { port, pull, push };
};
