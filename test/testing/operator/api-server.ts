import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawnLogged, type LoggedChild } from "../../../src/base/process/long-lived.ts";
import { readRunState, recordProcess } from "../../../src/local/control-plane/run-directory.ts";
import type { Cluster } from "./cluster.ts";
import { eventually } from "../eventually.ts";

/** The API server of a cluster: a test may take it away and bring it back, on the same port and the same etcd. */
export interface ApiServer {
  /** SIGKILL: connections break, new ones are refused. */
  kill(): Promise<void>;
  /** Boots it anew; resolves when it is ready. */
  boot(): Promise<void>;
  /** SIGSTOP: connections stay and nobody answers. */
  hang(): void;
  /** SIGCONT. */
  wake(): void;
  /** Ends the one that was booted anew, if any: after the cluster has been stopped. */
  end(): void;
}

const COMPONENT = "kube-apiserver";

export const apiServerOf = (cluster: Cluster): ApiServer => {
  const { directory } = cluster.controlPlane;
  const found = readRunState(directory).processes.find(({ name }) => name === COMPONENT);
  if (found === undefined) throw new Error("the cluster notes no API server");
  let { pid } = found;
  const [command = "", ...args] = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8")
    .split("\0")
    .slice(0, -1);
  let booted: LoggedChild | undefined;
  return {
    kill: async () => {
      process.kill(pid, "SIGKILL");
      await eventually("the API server is gone", () => {
        if (existsSync(`/proc/${String(pid)}`)) throw new Error(`pid ${String(pid)} is there`);
      });
    },
    boot: async () => {
      const env = { HOME: directory, PATH: "/usr/bin:/bin" };
      const logFile = join(directory, "logs", `${COMPONENT}.log`);
      booted = spawnLogged({ command, args, env, cwd: directory, logFile, parentDeathSignal: true });
      ({ pid } = booted);
      recordProcess(directory, COMPONENT, pid);
      await eventually("the API server is ready", () => cluster.kubectl(["get", "--raw", "/readyz"]));
    },
    hang: () => void process.kill(pid, "SIGSTOP"),
    wake: () => void process.kill(pid, "SIGCONT"),
    end: () => void booted?.kill("SIGKILL"),
  };
};
