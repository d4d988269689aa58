import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { type AddressOptions, guardedLookup } from "./address-guard.ts";
import { proxyAuthorization } from "./proxy.ts";
import type { Credentials } from "../source.ts";

export interface ConnectOptions extends AddressOptions {
  readonly connectTimeoutMs: number;
  /** Longest silence before and between parts of an answer. */
  readonly idleTimeoutMs: number;
}

/** Connections for one request, to one host, directly or by a proxy. With a proxy its own address is judged: it resolves the names behind it. */
export const dispatcherFor = (
  { proxy, credentials }: { readonly proxy?: URL | undefined; readonly credentials?: Credentials | undefined },
  { connectTimeoutMs, idleTimeoutMs, ...addresses }: ConnectOptions,
): Dispatcher => {
  const tls = tlsOf(credentials);
  const reach = { allowH2: false, timeout: connectTimeoutMs, lookup: guardedLookup(addresses) };
  const common = { allowH2: false, connections: 1, headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
  if (proxy === undefined) return new Agent({ ...common, connect: { ...reach, ...tls } });
  const token = proxyAuthorization(proxy);
  const requestTls = { allowH2: false, timeout: connectTimeoutMs, ...tls };
  return new ProxyAgent({ ...common, uri: proxy.origin, ...(token === undefined ? {} : { token }), proxyTls: reach, requestTls });
};

const tlsOf = (credentials: Credentials | undefined) => ({
  ...(credentials?.ca === undefined ? {} : { ca: credentials.ca }),
  ...(credentials?.clientCert === undefined ? {} : { cert: credentials.clientCert }),
  ...(credentials?.clientKey === undefined ? {} : { key: credentials.clientKey }),
  rejectUnauthorized: credentials?.insecure !== true,
});
