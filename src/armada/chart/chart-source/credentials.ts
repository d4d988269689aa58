import { isApiError, type ApiClient } from "../../../runtime/api.ts";
import type { Resource } from "../../../runtime/object.ts";
import type { Credentials, Verification } from "../../../sources/source.ts";
import { type Fault, noCredentials, noPublicKeys, unauthorized } from "../../../sources/errors.ts";
import { factsOf, isRemote } from "../../../sources/types.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { SECRET_HOSTS } from "../../names.ts";
import { fieldsOf, type Fields } from "../../readiness/fields.ts";
import { overTlsOnly, sentTo, type Sending } from "./sent-to.ts";

/** Its token is an account's, for the API server; no server of a chart may see it. */
const ACCOUNT_TOKEN = "kubernetes.io/service-account-token";

const SECRETS: Resource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };

/** Name of the Secret that counts where an object names none. */
export const DEFAULT_SECRET = "armada-registry-credentials";

export interface CredentialsDeps {
  readonly api: Pick<ApiClient, "get">;
  /** Where the operator's own Secret is. Of that one only logins of registries count, because they are bound to hosts. */
  readonly operatorNamespace: string | undefined;
  /** A login goes to no server that its Secret does not name. */
  readonly hostsRequired: boolean;
}

/** What the source of a chart gets from Secrets, from fresh reads; nothing is kept. Rejects with `SourceError` when a Secret that is named is not there, or may not be read. */
export const secretsOf = async (
  chart: ArmadaChart,
  deps: CredentialsDeps,
  signal: AbortSignal,
): Promise<{ readonly credentials: Credentials | undefined; readonly verify: Verification | undefined }> => ({
  credentials: await credentialsOf(chart, deps, signal),
  verify: await verificationOf(chart, deps, signal),
});

/** What the source of a chart gets to log in: the Secret that it names, or the default one of its namespace, or the operator's. */
const credentialsOf = async (chart: ArmadaChart, deps: CredentialsDeps, signal: AbortSignal): Promise<Credentials | undefined> => {
  const { type, secret_ref: named, insecure_skip_verify: insecure } = chart.spec.source;
  if (!isRemote(factsOf(type))) return undefined;
  const own = named === undefined ? await chosen(chart, deps, signal) : await ofNamed(chart, named.name, deps, signal);
  return insecure === true ? { ...own, insecure } : own;
};

/** The public keys that must have signed the chart. Rejects with `SourceError` when they are not there. */
const verificationOf = async (chart: ArmadaChart, deps: CredentialsDeps, signal: AbortSignal): Promise<Verification | undefined> => {
  const { verify } = chart.spec.source;
  if (verify === undefined) return undefined;
  const { namespace = "default" } = chart.metadata;
  const { name } = verify.secret_ref;
  const key = verify.provider === "cosign" ? "cosign.pub" : "pubring.gpg";
  const found = await read({ namespace, name }, deps, signal).catch(refused("source.verify.secret_ref", { namespace, name }, noPublicKeys));
  const value = found?.data[key];
  if (typeof value !== "string" || value === "")
    throw noPublicKeys(
      `source.verify.secret_ref names Secret "${name}", which has no key ${key} in namespace "${namespace}": add the public keys to it`,
    );
  const bytes = Buffer.from(value, "base64");
  return verify.provider === "cosign" ? { provider: "cosign", publicKey: bytes.toString("utf8") } : { provider: "provenance", keyring: bytes };
};

const ofNamed = async (chart: ArmadaChart, name: string, deps: CredentialsDeps, signal: AbortSignal): Promise<Credentials> => {
  const { namespace = "default" } = chart.metadata;
  const found = await read({ namespace, name }, deps, signal).catch(refused("source.secret_ref", { namespace, name }, noCredentials));
  const named = `Secret "${name}" in namespace "${namespace}"`;
  if (found !== undefined) return ofSecret(found, `Secret "${namespace}/${name}"`, { ...sending(chart, deps), named });
  throw noCredentials(`source.secret_ref names Secret "${name}", which is not in namespace "${namespace}": create it there`);
};

const chosen = async (chart: ArmadaChart, deps: CredentialsDeps, signal: AbortSignal): Promise<Credentials | undefined> => {
  const own = await defaultIn(chart.metadata.namespace ?? "default", { ...sending(chart, deps), named: undefined }, deps, signal);
  if (own !== undefined || deps.operatorNamespace === undefined) return own;
  const { insecure_skip_verify: insecure, proxy_server: proxy } = chart.spec.source;
  // Whoever writes a chart could otherwise stand between the operator and its registries.
  if (insecure === true) return undefined;
  const operators = await defaultIn(deps.operatorNamespace, undefined, deps, signal);
  if (operators?.registries === undefined) return undefined;
  return { registries: proxy === undefined ? operators.registries : overTlsOnly(operators.registries) };
};

type Sent = Omit<Sending, "hosts">;

const sending = ({ spec: { source } }: ArmadaChart, { hostsRequired: required }: CredentialsDeps): Omit<Sent, "named"> => ({ source, required });

const ofSecret = ({ data, hosts }: Found, what: string, sent: Sent): Credentials => sentTo(parseCredentials(data, what), { ...sent, hosts });

/** Nobody has asked for it by name: one that may not be read is as good as none. */
const defaultIn = async (namespace: string, sent: Sent | undefined, deps: CredentialsDeps, signal: AbortSignal): Promise<Credentials | undefined> => {
  const found = await read({ namespace, name: DEFAULT_SECRET }, deps, signal).catch((error: unknown) => {
    if (isApiError(error, 403)) return undefined;
    throw error;
  });
  const what = `Secret "${namespace}/${DEFAULT_SECRET}"`;
  if (found === undefined) return undefined;
  return sent === undefined ? parseCredentials(found.data, what) : ofSecret(found, what, sent);
};

interface Found {
  readonly data: Fields;
  readonly hosts: string | undefined;
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

const read = async ({ namespace, name }: Place, { api }: CredentialsDeps, signal: AbortSignal): Promise<Found | undefined> => {
  const secret = await api.get({ resource: SECRETS, namespace, name }, signal);
  if (secret?.["type"] === ACCOUNT_TOKEN)
    throw noCredentials(
      `Secret "${name}" in namespace "${namespace}" has type ${ACCOUNT_TOKEN}, and tokens of ServiceAccounts are sent to no source: create a Secret with a login of the source`,
    );
  return secret === undefined ? undefined : { data: fieldsOf(secret["data"]), hosts: secret.metadata.annotations?.[SECRET_HOSTS] };
};

/** Says of a Secret that is named in `field` that it may not be read. */
const refused =
  (field: string, { namespace, name }: Place, fault: Fault) =>
  (error: unknown): never => {
    if (!isApiError(error, 403)) throw error;
    throw fault(
      `${field} names Secret "${name}" in namespace "${namespace}", which the operator is not allowed to read: grant its ServiceAccount get on it`,
      error,
    );
  };

/** Keys as Kubernetes' own types of Secrets have them, and those that Flux reads. Unknown keys do not count. */
export const parseCredentials = (data: Fields, what: string): Credentials => {
  const text = (...keys: readonly string[]): string | undefined => {
    const value = keys.map((key) => data[key]).find((each) => typeof each === "string" && each !== "");
    return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : undefined;
  };
  const config = text(".dockerconfigjson");
  return {
    username: text("username"),
    password: text("password"),
    token: tokenOf(text("token", "bearerToken"), what),
    sshKey: text("ssh-privatekey", "identity"),
    knownHosts: text("known_hosts"),
    ca: text("ca.crt", "caFile"),
    clientCert: text("tls.crt", "certFile"),
    clientKey: text("tls.key", "keyFile"),
    ...(config === undefined ? {} : { registries: registriesOf(config, what) }),
  };
};

/** Files with a token end in a line break more often than not. */
const tokenOf = (text: string | undefined, what: string): string | undefined => {
  const token = text?.trim();
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw unauthorized(`${what}: its token has invalid characters`);
};

/** `auths` of a dockerconfigjson, under its keys: which registry and path each means is for whoever asks. */
const registriesOf = (config: string, what: string): NonNullable<Credentials["registries"]> => {
  const auths = fieldsOf(fieldsOf(jsonOf(config, what))["auths"]);
  return Object.fromEntries(Object.entries(auths).flatMap(([host, login]) => loginOf(host, fieldsOf(login))));
};

const loginOf = (host: string, { username, password, auth }: Fields): readonly (readonly [string, { username: string; password: string }])[] => {
  if (typeof username === "string" && typeof password === "string") return [[host, { username, password }]];
  if (typeof auth !== "string") return [];
  const [name = "", ...rest] = Buffer.from(auth, "base64").toString("utf8").split(":");
  return rest.length === 0 ? [] : [[host, { username: name, password: rest.join(":") }]];
};

const jsonOf = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw unauthorized(`${what}: .dockerconfigjson is not JSON: create it with kubectl create secret docker-registry`);
  }
};
