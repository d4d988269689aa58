import { delimiter } from "node:path";
import type { Cluster, User } from "@kubernetes/client-node";
import { messageOf } from "../base/errors.ts";
import { credentialsOf, headersFrom, kindOf, type Credential, type Credentials } from "./kubeconfig-credentials.ts";
import { chooseContext, filesOf, readConfig, type ClientNode, type Place } from "./kubeconfig-files.ts";

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
    headers: headersFrom(credentials, issued, user),
    credentials: kindOf(user, issued),
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
