import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../../../src/base/process/executable.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { spawnLogged } from "../../../src/base/process/long-lived.ts";
import { sendLocal } from "../../../src/local/control-plane/http.ts";
import { freePorts } from "../../../src/local/control-plane/ports.ts";
import { eventually } from "../eventually.ts";

/** A real registry on loopback. */
export interface DockerRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly port: number;
  /** Digest of the manifest that a tag names. */
  digestOf(repository: string, tag: string): Promise<string>;
  /** Points a tag at a manifest that is there already. */
  retag(repository: string, tag: string, digest: string): Promise<void>;
  stop(): Promise<void>;
}

/** bcrypt of "pw": a registry reads nothing else. */
const HTPASSWD = "me:$2b$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q\n";

export interface DockerRegistryOptions {
  /** Only user `me` with password `pw` is let in, or whom this line of an htpasswd file names. */
  readonly login?: boolean | string;
  /** PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca: string };
  /** Where content is kept; another registry's, to have the same. */
  readonly data?: string;
}

export const startDockerRegistry = async (
  folder: string,
  { login = false, tls, data = join(folder, "data") }: DockerRegistryOptions = {},
): Promise<DockerRegistry> => {
  const command = findExecutable("docker-registry", `${ownEnvironment()["PATH"] ?? ""}:/usr/bin`);
  if (command === undefined) throw new Error("Cannot find docker-registry, which this test needs: apt-get install docker-registry");
  await mkdir(folder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  await writeFile(join(folder, "htpasswd"), typeof login === "string" ? login : HTPASSWD);
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data } },
    http: { addr: host, ...(tls === undefined ? {} : { tls: { certificate: tls.certificate, key: tls.key } }) },
    ...(login === false ? {} : { auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } }),
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
    const link = (repository: string, tag: string) =>
      join(data, "docker/registry/v2/repositories", repository, "_manifests/tags", tag, "current/link");
    return {
      host,
      port,
      digestOf: (repository, tag) => readFile(link(repository, tag), "utf8"),
      retag: (repository, tag, digest) => writeFile(link(repository, tag), digest),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
