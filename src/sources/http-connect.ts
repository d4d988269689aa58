import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { isLocalAddress } from "./addresses.ts";
import { proxyAuthorization } from "./proxy.ts";
import type { Credentials } from "./source.ts";

/** Looks up every address of a name; `node:dns` by default. */
export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What a name or a literal leads to belongs to this machine or its link. */
export class LocalAddressError extends Error {
  override readonly name = "LocalAddressError";
  readonly address: string;

  constructor(address: string) {
    super(`${address} is a loopback or link-local address`);
    this.address = address;
  }
}

export interface ConnectOptions {
  readonly allowLocalAddresses: boolean;
  readonly lookup?: Lookup | undefined;
  readonly connectTimeoutMs: number;
  /** Longest silence before and between parts of an answer. */
  readonly idleTimeoutMs: number;
}

/**
 * Connections for one request, to one host, directly or by a proxy. Addresses are judged when they are connected to, so a name cannot lead to one
 * address when it is checked and to another when it is used. With a proxy that is the proxy's address: it resolves the names behind it.
 */
export const dispatcherFor = (
  { proxy, credentials }: { readonly proxy?: URL | undefined; readonly credentials?: Credentials | undefined },
  { allowLocalAddresses, lookup = systemLookup, connectTimeoutMs, idleTimeoutMs }: ConnectOptions,
): Dispatcher => {
  const tls = tlsOf(credentials);
  const reach = { allowH2: false, timeout: connectTimeoutMs, lookup: allowLocalAddresses ? lookupOf(lookup) : guarded(lookup) };
  const common = { allowH2: false, connections: 1, headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
  if (proxy === undefined) return new Agent({ ...common, connect: { ...reach, ...tls } });
  const token = proxyAuthorization(proxy);
  const requestTls = { allowH2: false, timeout: connectTimeoutMs, ...tls };
  return new ProxyAgent({ ...common, uri: proxy.origin, ...(token === undefined ? {} : { token }), proxyTls: reach, requestTls });
};

/** @throws {LocalAddressError} A literal is connected to without a lookup. */
export const refuseLocalLiteral = ({ hostname }: URL): void => {
  const literal = hostname.startsWith("[") ? hostname.slice(1, -1) : /^[\d.]+$/.test(hostname) ? hostname : undefined;
  if (literal !== undefined && isLocalAddress(literal)) throw new LocalAddressError(literal);
};

const tlsOf = (credentials: Credentials | undefined) => ({
  ...(credentials?.ca === undefined ? {} : { ca: credentials.ca }),
  ...(credentials?.clientCert === undefined ? {} : { cert: credentials.clientCert }),
  ...(credentials?.clientKey === undefined ? {} : { key: credentials.clientKey }),
  rejectUnauthorized: credentials?.insecure !== true,
});

const guarded = (lookup: Lookup): LookupFunction =>
  lookupOf((hostname, options, callback) =>
    lookup(hostname, options, (error, found) => {
      const allowed = error === null ? found.filter(({ address }) => !isLocalAddress(address)) : [];
      const local = error === null && allowed.length === 0 ? found[0]?.address : undefined;
      callback(local === undefined ? error : new LocalAddressError(local), allowed);
    }),
  );

/** Answers in both forms that `net.connect` asks for. */
const lookupOf =
  (lookup: Lookup): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) callback(error ?? Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "", 0);
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
