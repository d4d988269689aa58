import { execFileSync, spawn } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../../src/local/control-plane/ports.ts";
import { eventually } from "../eventually.ts";
import { required } from "./git-server.ts";

/** The real sshd on loopback, for this user and one key. */
export interface Sshd {
  readonly port: number;
  /** User that may log in. */
  readonly user: string;
  /** Private keys: the one that is let in, another one; and that of the host, in the form of known_hosts. */
  readonly key: string;
  readonly stranger: string;
  knownHosts(port?: number): string;
  stop(): void;
}

/** `folder` is for keys and configuration. */
export const startSshd = async (folder: string): Promise<Sshd> => {
  const at = (name: string): string => join(folder, name);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const [port = 0] = await freePorts(1);
  const [key, stranger] = [await makeKey(at("user")), await makeKey(at("stranger"))];
  await makeKey(at("host"));
  const host = await readFile(at("host.pub"), "utf8");
  await writeFile(at("authorized_keys"), await readFile(at("user.pub")), { mode: 0o600 });
  // Its privilege separation wants this folder when it runs as root.
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true });
  await writeFile(at("sshd_config"), [`ListenAddress 127.0.0.1:${port}`, ...FILES.map((line) => line.replace("%", folder)), ...CONFIG].join("\n"));
  const child = spawn(required("sshd", "openssh-server"), ["-D", "-e", "-f", at("sshd_config")], { stdio: "ignore" });
  await answers(port);
  return {
    port,
    user: userInfo().username,
    key,
    stranger,
    knownHosts: (of = port) => `[127.0.0.1]:${of} ${host}`,
    stop: () => void child.kill(),
  };
};

const FILES = ["HostKey %/host", "AuthorizedKeysFile %/authorized_keys"];
const CONFIG = [
  "AuthenticationMethods publickey",
  "StrictModes no",
  "UsePAM no",
  "PermitRootLogin prohibit-password",
  "PidFile none",
  "AcceptEnv GIT_PROTOCOL",
  "",
];

const makeKey = async (file: string): Promise<string> => {
  execFileSync(required("ssh-keygen", "openssh-client"), ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  return readFile(file, "utf8");
};

/** Waits until something listens. */
export const answers = (port: number): Promise<void> =>
  eventually(`something listens on port ${port}`, () => {
    const socket = connect(port, "127.0.0.1");
    return new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve(socket.destroy() && undefined)).once("error", reject);
    });
  });
