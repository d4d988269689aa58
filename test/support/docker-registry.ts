import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../../src/base/executable.ts";
import { ownEnvironment, spawnLogged } from "../../src/base/process.ts";
import { sendLocal } from "../../src/local/http.ts";
import { freePorts } from "../../src/local/ports.ts";
import { eventually } from "./eventually.ts";

/** A real registry on loopback. */
export interface DockerRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  stop(): Promise<void>;
}

/** bcrypt of "pw": a registry reads nothing else. */
const HTPASSWD = "me:$2b$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q\n";

/** `login`: only user `me` with password `pw` is let in. `tls`: PEM files. */
export const startDockerRegistry = async (
  folder: string,
  {
    login = false,
    tls,
  }: { readonly login?: boolean; readonly tls?: { readonly certificate: string; readonly key: string; readonly ca: string } } = {},
): Promise<DockerRegistry> => {
  const command = findExecutable("docker-registry", `${ownEnvironment()["PATH"] ?? ""}:/usr/bin`);
  if (command === undefined) throw new Error("Cannot find docker-registry, which this test needs: apt-get install docker-registry");
  await mkdir(folder, { recursive: true });
  const [port] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  await writeFile(join(folder, "htpasswd"), HTPASSWD);
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: host, ...(tls === undefined ? {} : { tls: { certificate: tls.certificate, key: tls.key } }) },
    ...(login ? { auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } } : {}),
  };
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
  const logFile = join(folder, "log");
  const child = spawnLogged({ command, args: ["serve", join(folder, "config.yml")], env: {}, logFile, parentDeathSignal: true });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await child.exited;
  };
  const url = `${tls === undefined ? "http" : "https"}://${host}/v2/`;
  const { signal } = new AbortController();
  try {
    await eventually(`docker-registry answers (see ${logFile})`, () => sendLocal({ url, ca: tls?.ca }, signal), 20_000);
    return { host, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
