import { readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ComponentError, componentReady, startComponent, stopComponent } from "./component.ts";
import type { ComponentDeps, RunningComponent } from "./component.ts";
import { optionalComponents } from "./components.ts";
import type { Component, Layout, OptionalComponent, Ports } from "./components.ts";
import { writeCredentials, writeKubeconfig } from "./credentials.ts";
import { createDataDirectory } from "./data-directory.ts";
import { createNodes, nodesReady } from "./nodes.ts";
import { freePorts } from "./ports.ts";
import type { Tools } from "./tools.ts";

export interface ControlPlaneOptions {
  readonly tools: Tools;
  /** A run directory of `createRunDirectory`: kubeconfig, keys and logs go there. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** What to run beside etcd and the API server; default everything. */
  readonly components?: readonly OptionalComponent[];
}

/** A component that ended though nobody stopped it. */
export interface ComponentExit {
  readonly component: Component;
  readonly code: number | null;
  readonly signal: string | null;
  readonly logFile: string;
}

export interface ControlPlane {
  readonly kubeconfigPath: string;
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** Certificate of the server and the CA that signed it, PEM. */
  readonly ca: string;
  readonly directory: string;
  /** Log file of each component that was started. */
  readonly logs: Readonly<Partial<Record<Component, string>>>;
  /** Ends every component, the last started first, within 8 s, and removes data and keys; logs stay. Never rejects; a second call waits for the first. */
  stop(): Promise<void>;
  /** Resolves with the first component that ends by itself; never rejects, stays pending when stopped. */
  readonly exited: Promise<ComponentExit>;
}

const attempts = 3;

/**
 * Boots Kubernetes on loopback: etcd, the API server, then the rest side by side; three Ready nodes `node-1` … `node-3` when kwok is among them.
 * What was started is stopped when it rejects: with {@link ComponentError}, or with the signal's reason. Once booted, only `stop` ends it.
 */
export const startControlPlane = async (options: ControlPlaneOptions, signal: AbortSignal): Promise<ControlPlane> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await boot(options, signal);
    } catch (error) {
      if (!(error instanceof ComponentError && error.portTaken && attempt < attempts)) throw error;
      options.log.warn("a port is in use by another program; starting again", { attempt });
    }
  }
};

const boot = async (options: ControlPlaneOptions, signal: AbortSignal): Promise<ControlPlane> => {
  const { directory, clock } = options;
  await mkdir(join(directory, "logs"), { recursive: true, mode: 0o700 });
  const dataDirectory = await createDataDirectory(directory);
  const certDirectory = join(directory, "certificates");
  const credentials = await writeCredentials(directory);
  const layout: Layout = {
    ...credentials,
    ports: await choosePorts(),
    dataDirectory,
    certDirectory,
    kubeconfig: join(directory, "kubeconfig"),
    stagesFile: fileURLToPath(new URL("kwok-stages.yaml", import.meta.url)),
  };
  const running: RunningComponent[] = [];
  const stop = async (): Promise<void> => {
    for (const component of running.toReversed()) await stopComponent(component, clock);
    const secrets = [credentials.tokenFile, credentials.serviceAccountKeyFile, layout.kubeconfig, certDirectory];
    await Promise.all([dataDirectory, ...secrets].map((path) => rm(path, { recursive: true, force: true })));
  };
  try {
    await bootInOrder({ ...options, layout, token: credentials.token, running }, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return controlPlane({ options, layout, running, stop });
};

interface Booting extends ControlPlaneOptions {
  readonly layout: Layout;
  readonly token: string;
  /** Filled as components start, in that order. */
  readonly running: RunningComponent[];
}

const bootInOrder = async (booting: Booting, signal: AbortSignal): Promise<void> => {
  const { layout, token, clock } = booting;
  const wanted = booting.components ?? optionalComponents;
  const certificate = certificateOf(layout);
  const deps: ComponentDeps = booting;

  await up("etcd", booting, { ...deps, credentials: () => ({}) }, signal);
  // The API server writes its certificate, with the CA that signed it, shortly after its start.
  const credentials = (): { readonly ca: string; readonly token: string } | undefined => {
    const ca = readIfThere(certificate);
    return ca === undefined ? undefined : { ca, token };
  };
  await up("kube-apiserver", booting, { ...deps, credentials }, signal);
  const access = { server: serverOf(layout.ports), ca: readFileSync(certificate, "utf8"), token };
  await writeKubeconfig(layout.kubeconfig, access);

  const rest = { ...deps, credentials: () => ({ ca: access.ca }) };
  const nodes = wanted.includes("kwok") ? createNodes(access, signal) : Promise.resolve();
  const started = optionalComponents.filter((component) => wanted.includes(component)).map((component) => up(component, booting, rest, signal));
  await Promise.all([nodes, ...started]);
  if (wanted.includes("kwok")) await nodesReady(access, { clock, withoutTaints: wanted.includes("kube-controller-manager") }, signal);
};

const up = async (component: Component, booting: Booting, deps: Parameters<typeof componentReady>[1], signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  const before = booting.clock.monotonic();
  const started = startComponent(component, deps);
  booting.running.push(started);
  await componentReady(started, deps, signal);
  booting.log.info("ready", { component, pid: started.child.pid, ms: Math.round(booting.clock.monotonic() - before) });
};

const controlPlane = (parts: {
  readonly options: ControlPlaneOptions;
  readonly layout: Layout;
  readonly running: readonly RunningComponent[];
  readonly stop: () => Promise<void>;
}): ControlPlane => {
  const { options, layout, running } = parts;
  let stopping: Promise<void> | undefined;
  const exitOf = async ({ component, child, logFile }: RunningComponent): Promise<ComponentExit> => {
    const exit = await child.exited;
    return stopping === undefined ? { component, ...exit, logFile } : new Promise(() => undefined);
  };
  return {
    kubeconfigPath: layout.kubeconfig,
    server: serverOf(layout.ports),
    ca: readFileSync(certificateOf(layout), "utf8"),
    directory: options.directory,
    logs: Object.fromEntries(running.map(({ component, logFile }) => [component, logFile])),
    stop: () => (stopping ??= parts.stop()),
    exited: Promise.race(running.map(exitOf)),
  };
};

const certificateOf = ({ certDirectory }: Layout): string => join(certDirectory, "apiserver.crt");

const serverOf = (ports: Ports): string => `https://127.0.0.1:${ports.apiserver}`;

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const choosePorts = async (): Promise<Ports> => {
  const [etcd = 0, etcdPeer = 0, apiserver = 0, controllerManager = 0, scheduler = 0, kwok = 0] = await freePorts(6);
  return { etcd, etcdPeer, apiserver, controllerManager, scheduler, kwok };
};
