import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import type * as ClientNodeModule from "@kubernetes/client-node";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { messageOf } from "../base/errors.ts";
import { ownEnvironment } from "../base/process/environment.ts";

/** client-node, loaded when it is needed. */
export type ClientNode = typeof ClientNodeModule;

/** Where the configuration is read: `path`, or else what kubectl would read. */
export interface Place {
  /** Undefined: `KUBECONFIG`, `~/.kube/config`, or what a pod finds in its cluster. */
  readonly path?: string | undefined;
}

/** None: the default. As for kubectl, files of `KUBECONFIG` that do not exist are none, unless it names nothing else. */
export const filesOf = ({ path }: Place): readonly string[] => {
  if (path !== undefined) return [path];
  const listed = (ownEnvironment()["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const present = listed.filter((file) => existsSync(file));
  return present.length === 0 ? listed : present;
};

export const readConfig = (clientNode: ClientNode, files: readonly string[]): KubeConfig => {
  if (files.length === 0) return readDefault(clientNode);
  return merge(
    clientNode,
    files.map((file) => readOne(clientNode, `kubeconfig "${file}"`, (config) => config.loadFromFile(file))),
  );
};

const readDefault = (clientNode: ClientNode): KubeConfig => {
  const config = readOne(clientNode, "the default kubeconfig", (empty) => empty.loadFromDefault());
  if (!isFallback(config)) return config;
  throw new Error("no cluster is configured: no kubeconfig was found and this is not a pod; set --kubeconfig or KUBECONFIG");
};

const readOne = ({ KubeConfig: Config }: ClientNode, from: string, read: (config: KubeConfig) => void): KubeConfig => {
  const config = new Config();
  try {
    read(config);
  } catch (error) {
    // The first line only, and no cause: a YAML parser goes on to quote the file, and that holds keys.
    const why = messageOf(error).split("\n", 1)[0] ?? "";
    // oxlint-disable-next-line eslint/preserve-caught-error
    throw new Error(`cannot read ${from}: ${why}; give a readable kubeconfig file`);
  }
  return config;
};

/**
 * The first file that says something about a name wins, as for kubectl and helm. client-node's own merge lets the last current-context win,
 * and would have this program watch another cluster than helm writes to.
 */
const merge = ({ KubeConfig: Config }: ClientNode, configs: readonly KubeConfig[]): KubeConfig => {
  const firsts = <Named extends { readonly name: string }>(list: readonly Named[]): Named[] =>
    list.filter(({ name }, index) => list.findIndex((other) => other.name === name) === index);
  const merged = new Config();
  merged.loadFromOptions({
    clusters: firsts(configs.flatMap(({ clusters }) => clusters)),
    users: firsts(configs.flatMap(({ users }) => users)),
    contexts: firsts(configs.flatMap(({ contexts }) => contexts)),
    currentContext: configs.map(({ currentContext }) => currentContext).find(Boolean),
  });
  return merged;
};

/** What client-node falls back to when it finds neither a file nor a pod's service account. */
const isFallback = (config: KubeConfig): boolean =>
  config.currentContext === "loaded-context" && config.clusters[0]?.server === "http://localhost:8080";

/** What the current context names. `from`: for messages. */
export const chooseContext = (
  config: KubeConfig,
  from: string,
): { readonly cluster: Cluster; readonly user: User; readonly namespace: string; readonly context: string } => {
  const name = config.currentContext;
  if (!name) throw new Error(`${from} has no current-context; set one with kubectl config use-context`);
  const context = config.getContextObject(name);
  const known = config.contexts.map((each) => `"${each.name}"`).join(", ") || "none";
  if (context === null) throw new Error(`${from} has no context "${name}"; it has ${known}`);
  const cluster = config.getCluster(context.cluster);
  if (cluster === null)
    throw new Error(`context "${name}" of ${from} names cluster "${context.cluster}", which does not exist; add it or correct the context`);
  const user = context.user ? config.getUser(context.user) : { name: "" };
  if (user === null)
    throw new Error(`context "${name}" of ${from} names user "${context.user}", which does not exist; add it or correct the context`);
  return { cluster, user, namespace: context.namespace ?? "default", context: name };
};
