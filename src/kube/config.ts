import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import type * as ClientNodeModule from "@kubernetes/client-node";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { abortable } from "../base/abortable.ts";
import { messageOf } from "../base/errors.ts";
import { ownEnvironment } from "../base/environment.ts";

/** Where the API server is and how to be admitted: all that the transport needs. */
export interface ClusterConfig {
  /** URL, possibly with a path: `https://10.0.0.1:6443`. */
  readonly server: string;
  /** Name of the context. */
  readonly context: string;
  /** Of the context, or `default`. */
  readonly namespace: string;
  readonly tls: {
    readonly ca?: Buffer | string;
    readonly cert?: Buffer | string;
    readonly key?: Buffer | string;
    readonly rejectUnauthorized?: boolean;
    readonly servername?: string;
  };
  /** Credentials for one request; read anew when they expire. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** How {@link ClusterConfig.headers} come about: they never change, or a file holds the token, or client-node must be asked. */
  readonly credentials: Credential;
}

export type Credential =
  | { readonly kind: "fixed"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "token file"; readonly path: string }
  | { readonly kind: "renewed" };

type ClientNode = typeof ClientNodeModule;

/** Where the configuration is read: `path`, or else what kubectl would read. */
interface Place {
  /** Undefined: `KUBECONFIG`, `~/.kube/config`, or what a pod finds in its cluster. */
  readonly path?: string | undefined;
}

/**
 * Reads a kubeconfig: the file at `path`, or the default one (all files of `KUBECONFIG` together, `~/.kube/config`), or, when there is none,
 * what a pod finds in its cluster. Rejects with one sentence that names what is missing.
 */
export const loadKubeConfig = async (place: Place): Promise<ClusterConfig> => {
  // 450 ms and 85 MB: only who talks to a cluster pays, and only once.
  const clientNode = await import("@kubernetes/client-node");
  const files = filesOf(place);
  const from = files.length === 0 ? "the default kubeconfig" : `kubeconfig "${files.join(delimiter)}"`;
  const { cluster, user, namespace, context } = chooseContext(readConfig(clientNode, files), from);
  if (cluster.proxyUrl !== undefined) throw new Error(`cluster "${cluster.name}" of ${from} has a proxy-url, which is not supported; remove it`);
  const credentials = credentialsOf(clientNode, user);
  const issued = await credentials();
  return {
    server: cluster.server,
    context,
    namespace,
    tls: tlsOf(clientNode, cluster, user, issued, from),
    headers: singleFlight(credentials, issued, user),
    credentials: kindOf(user, issued),
  };
};

/** None: the default. As for kubectl, files of `KUBECONFIG` that do not exist are none, unless it names nothing else. */
const filesOf = ({ path }: Place): readonly string[] => {
  if (path !== undefined) return [path];
  const listed = (ownEnvironment()["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const present = listed.filter((file) => existsSync(file));
  return present.length === 0 ? listed : present;
};

const readConfig = (clientNode: ClientNode, files: readonly string[]): KubeConfig => {
  if (files.length === 0) return readDefault(clientNode);
  return merge(
    clientNode,
    files.map((file) => readOne(clientNode, `kubeconfig "${file}"`, (config) => config.loadFromFile(file))),
  );
};

const readDefault = (clientNode: ClientNode): KubeConfig => {
  const config = readOne(clientNode, "the default kubeconfig", (empty) => empty.loadFromDefault());
  if (!isFallback(config)) return config;
  throw new Error("no cluster is configured: there is no kubeconfig and this is not a pod; name a kubeconfig file with --kubeconfig or KUBECONFIG");
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

const chooseContext = (
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
    throw new Error(`context "${name}" of ${from} names cluster "${context.cluster}", which is not there; add it or correct the context`);
  const user = context.user ? config.getUser(context.user) : { name: "" };
  if (user === null) throw new Error(`context "${name}" of ${from} names user "${context.user}", which is not there; add it or correct the context`);
  return { cluster, user, namespace: context.namespace ?? "default", context: name };
};

interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
}

/** client-node's own authenticators (token file, exec plugin, OIDC, cloud), asked without certificates, so that no file is read for them. */
const credentialsOf = ({ KubeConfig: Config }: ClientNode, user: User): (() => Promise<Credentials>) => {
  const { certData: _certData, certFile: _certFile, keyData: _keyData, keyFile: _keyFile, ...bare } = user;
  const config = new Config();
  config.loadFromClusterAndUser({ name: "", server: "https://unused.invalid", skipTLSVerify: false }, bare);
  return async () => {
    const answer: { headers?: Record<string, string>; auth?: string; cert?: string; key?: string } = {};
    await config.applyToHTTPSOptions(answer);
    const basic = answer.auth === undefined ? {} : { authorization: `Basic ${Buffer.from(answer.auth).toString("base64")}` };
    const headers = Object.entries(answer.headers ?? {}).map(([header, value]) => [header.toLowerCase(), value.trim()]);
    const { cert, key } = answer;
    return { headers: { ...basic, ...Object.fromEntries(headers) }, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  };
};

const kindOf = ({ exec, authProvider }: User, { headers }: Credentials): Credential => {
  if (exec) return { kind: "renewed" };
  if (!authProvider) return { kind: "fixed", headers };
  const path: unknown = authProvider.config?.["tokenFile"];
  return typeof path === "string" ? { kind: "token file", path } : { kind: "renewed" };
};

/** Credentials that cannot change are given at once; others are asked for once for all requests that need them in the same moment. */
const singleFlight = (credentials: () => Promise<Credentials>, issued: Credentials, user: User): ClusterConfig["headers"] => {
  if (!user.exec && !user.authProvider) return () => Promise.resolve(issued.headers);
  let asking: Promise<Credentials> | undefined;
  return async (signal) => {
    asking ??= credentials().finally(() => (asking = undefined));
    return (await abortable(asking, signal)).headers;
  };
};

/** An exec plugin's certificate counts until the next start. */
const tlsOf = (clientNode: ClientNode, cluster: Cluster, user: User, issued: Credentials, from: string): ClusterConfig["tls"] => {
  const material = (field: string, file: string | undefined, data: string | undefined): Buffer | undefined => {
    try {
      return clientNode.bufferFromFileOrString(file, data) ?? undefined;
    } catch (error) {
      throw new Error(`cannot read ${field} of ${from}: ${messageOf(error)}; correct the path`, { cause: error });
    }
  };
  const ca = material("certificate-authority", cluster.caFile, cluster.caData);
  const cert = issued.cert ?? material("client-certificate", user.certFile, user.certData);
  const key = issued.key ?? material("client-key", user.keyFile, user.keyData);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
  };
};
