import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { freePorts } from "./ports.ts";

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

test("freePorts gives different ports that can be listened on", async () => {
  const ports = await freePorts(6);
  expect(new Set(ports).size).toBe(6);
  for (const port of ports) expect(await canListen(port)).toBe(true);
});
