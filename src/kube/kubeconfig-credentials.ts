import type { User } from "@kubernetes/client-node";
import { abortable } from "../base/time/abortable.ts";
import { SingleFlight } from "../base/work/single-flight.ts";
import type { ClientNode } from "./kubeconfig-files.ts";

/** How credentials come about: they never change, or a file holds the token, or client-node must be asked. */
export type Credential =
  | { readonly kind: "fixed"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "token file"; readonly path: string }
  | { readonly kind: "renewed" };

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
}

/** client-node's own authenticators (token file, exec plugin, OIDC, cloud), asked without certificates, so that no file is read for them. */
export const credentialsOf = ({ KubeConfig: Config }: ClientNode, user: User): (() => Promise<Credentials>) => {
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

export const kindOf = ({ exec, authProvider }: User, { headers }: Credentials): Credential => {
  if (exec) return { kind: "renewed" };
  if (!authProvider) return { kind: "fixed", headers };
  const path: unknown = authProvider.config?.["tokenFile"];
  return typeof path === "string" ? { kind: "token file", path } : { kind: "renewed" };
};

/** For one request each. Credentials that cannot change are given at once; others are asked for once for all requests that need them in the same moment. */
export const headersFrom = (
  credentials: () => Promise<Credentials>,
  issued: Credentials,
  user: User,
): ((signal: AbortSignal) => Promise<Readonly<Record<string, string>>>) => {
  if (!user.exec && !user.authProvider) return () => Promise.resolve(issued.headers);
  const asking = new SingleFlight<Credentials>();
  return async (signal) => (await abortable(asking.do("", credentials), signal)).headers;
};
