import { listedOr } from "../../../base/text.ts";
import { noCredentials } from "../../../sources/errors.ts";
import type { Credentials } from "../../../sources/source.ts";
import type { ArmadaChartSpec } from "../../api/chart.ts";
import { SECRET_HOSTS } from "../../names.ts";

type Source = Pick<ArmadaChartSpec["source"], "location" | "proxy_server" | "insecure_skip_verify">;

export interface Sending {
  readonly source: Source;
  /** The Secret's annotation, where it has one. */
  readonly hosts: string | undefined;
  /** A login goes nowhere that its Secret does not name. */
  readonly required: boolean;
  /** The Secret, in a sentence; undefined: the chart does not name it, and goes without what may not be sent. */
  readonly named: string | undefined;
}

/**
 * What of a Secret may be sent to the server of the source: the author of a chart chooses the server, and the owner of a Secret who may have it.
 * Logins of registries name their own. Rejects with `SourceError` when a Secret that the chart names may not go there.
 */
export const sentTo = (credentials: Credentials, { source, hosts, required, named }: Sending): Credentials => {
  if (hosts === undefined && !required) return credentials;
  const refusal = refusalOf(credentials, source, hosts);
  if (refusal === undefined) return credentials.registries === undefined ? credentials : { ...credentials, registries: guarded(credentials, source) };
  if (named !== undefined) throw noCredentials(`${named} ${refusal}`);
  const { registries: _, ...open } = withoutLogin(credentials);
  return source.insecure_skip_verify === true ? open : { ...open, registries: guarded(credentials, source) };
};

const LOGIN = ["username", "password", "token", "sshKey", "clientCert", "clientKey"] as const;

const hasLogin = (credentials: Credentials): boolean => LOGIN.some((field) => credentials[field] !== undefined);

const withoutLogin = ({ knownHosts, ca, registries }: Credentials): Credentials => ({ knownHosts, ca, registries });

const refusalOf = (
  credentials: Credentials,
  { location, proxy_server: proxy, insecure_skip_verify: insecure }: Source,
  hosts: string | undefined,
) => {
  const login = hasLogin(credentials);
  if (!login && credentials.registries === undefined) return undefined;
  if (insecure === true) return "is not sent while source.insecure_skip_verify is true, because anybody could be the server: set it to false";
  if (!login) return undefined;
  const place = placeOf(location);
  const names = (hosts ?? "").split(",").flatMap((entry) => (entry.trim() === "" ? [] : [entry.trim().toLowerCase()]));
  if (place === undefined || !names.some((name) => name === place.host || name === place.hostAndPort)) {
    const host = place?.host ?? location;
    return names.length === 0
      ? `does not say to which servers it may be sent: annotate it with ${SECRET_HOSTS}=${host}, if ${host} may have it`
      : `may be sent to ${listedOr(names)}, and source.location is on ${host}: use another Secret, or add ${host} to its annotation ${SECRET_HOSTS}`;
  }
  return proxy !== undefined && place.inClear
    ? "is not sent through source.proxy_server without TLS, because the proxy could read it: use https, or no proxy"
    : undefined;
};

const guarded = ({ registries }: Credentials, { proxy_server: proxy }: Source): Credentials["registries"] =>
  proxy === undefined || registries === undefined ? registries : overTlsOnly(registries);

/** Whoever writes a chart could otherwise stand between the operator and a registry. */
export const overTlsOnly = (registries: NonNullable<Credentials["registries"]>): NonNullable<Credentials["registries"]> =>
  Object.fromEntries(Object.entries(registries).map(([key, login]) => [key, { ...login, tlsOnly: true }]));

interface Place {
  readonly host: string;
  readonly hostAndPort: string;
  readonly inClear: boolean;
}

const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443", "oci:": "443", "ssh:": "22", "git:": "9418" };

/** A URL, or `user@host:path`. */
const placeOf = (location: string): Place | undefined => {
  if (!location.includes("://")) {
    const host = /^(?:[^@/]+@)?([^:@/]+):/.exec(location)?.[1]?.toLowerCase();
    return host === undefined ? undefined : { host, hostAndPort: `${host}:22`, inClear: false };
  }
  const url = URL.parse(location);
  if (url === null || url.hostname === "") return undefined;
  const { protocol, port } = url;
  const host = url.hostname.toLowerCase();
  return { host, hostAndPort: `${host}:${port === "" ? (PORTS[protocol] ?? "") : port}`, inClear: protocol === "http:" || protocol === "git:" };
};
