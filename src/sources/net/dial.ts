import { request } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../base/time/clock.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { type AddressOptions, guardedLookup, LocalAddressError, refuseLocalLiteral } from "./address-guard.ts";
import { proxyAuthorization } from "./proxy.ts";

export interface Destination {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface DialOptions extends AddressOptions {
  /** A forward proxy (http or https) that is asked to connect. */
  readonly proxy?: URL | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Why there is no connection. `local`: every address is of this machine, its link or its cloud; `login`: the proxy wants another one. */
export class DialError extends Error {
  override readonly name = "DialError";
  readonly why: "local" | "login" | "proxy" | "timeout" | "failed";

  constructor(message: string, why: DialError["why"], cause?: unknown) {
    super(message, { cause });
    this.why = why;
  }
}

/** A connection to `destination`, directly or through the proxy. The very address that is connected to has been judged. Rejects with {@link DialError}. */
export const dial = (destination: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> =>
  bounded(destination, options, (proxy, inTime) => throughProxy(proxy, destination, options, inTime), signal);

/** A connection for requests to `destination` that a proxy, when there is one, forwards: then it leads to the proxy. Rejects with {@link DialError}. */
export const dialForRequests = (destination: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> =>
  bounded(destination, options, (proxy, inTime) => toProxy(proxy, options, inTime), signal);

export const shown = ({ host, port }: Destination): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Where a proxy listens. */
const proxyPlace = (proxy: URL): Destination => ({
  host: proxy.hostname.replace(/^\[|\]$/g, ""),
  port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : Number(proxy.port),
});

/** The header that a proxy with user and password in its URL wants, or none. */
export const proxyHeaders = (proxy: URL): Readonly<Record<string, string>> => {
  const authorization = proxyAuthorization(proxy);
  return authorization === undefined ? {} : { "proxy-authorization": authorization };
};

/** What a proxy means by status 407. */
export const proxyAsks = (proxy: URL): DialError =>
  new DialError(`the proxy ${shown(proxyPlace(proxy))} requires credentials (HTTP 407): add them to its URL`, "login");

const bounded = async (
  destination: Destination,
  options: DialOptions,
  viaProxy: (proxy: URL, signal: AbortSignal) => Promise<Socket>,
  signal: AbortSignal,
): Promise<Socket> => {
  // A name is the proxy's to resolve; an address can be judged here.
  refuseLocal(destination, options);
  const { proxy, clock, timeoutMs: ms } = options;
  const reason = new DialError(`${shown(destination)} does not respond within ${ms / 1000} s`, "timeout");
  const open = (inTime: AbortSignal): Promise<Socket> => (proxy === undefined ? connected(destination, options, inTime) : viaProxy(proxy, inTime));
  return withDeadline({ clock, ms, reason }, open, signal);
};

const toProxy = async (proxy: URL, options: DialOptions, signal: AbortSignal): Promise<Socket> => {
  const place = proxyPlace(proxy);
  const socket = await connected(place, options, signal);
  if (proxy.protocol !== "https:") return socket;
  const secure = connectTls({ socket, ...(isIP(place.host) === 0 ? { servername: place.host } : {}) });
  await settled(secure, "secureConnect", place, signal);
  return secure;
};

const connected = async (place: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> => {
  refuseLocal(place, options);
  const socket = connect({ host: place.host, port: place.port, lookup: guardedLookup(options) });
  await settled(socket, "connect", place, signal);
  return socket.setNoDelay(true);
};

/** Waits for the event; the socket is closed when it does not come. */
const settled = (socket: Socket, event: "connect" | "secureConnect", place: Destination, signal: AbortSignal): Promise<void> => {
  const { promise, resolve: succeed, reject } = Promise.withResolvers<void>();
  const fail = (error: unknown): void => {
    socket.destroy();
    reject(dialErrorOf(place, error));
  };
  const abort = (): void => fail(signal.reason);
  socket.once(event, succeed).once("error", fail);
  signal.addEventListener("abort", abort, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", abort);
    socket.off("error", fail);
  });
};

const refuseLocal = (place: Destination, options: DialOptions): void => {
  try {
    refuseLocalLiteral(place.host, options);
  } catch (error) {
    throw dialErrorOf(place, error);
  }
};

const dialErrorOf = (place: Destination, error: unknown): DialError => {
  if (error instanceof DialError) return error;
  if (!(error instanceof LocalAddressError)) return new DialError(`${shown(place)} cannot be reached (${codeOf(error)})`, "failed", error);
  const said = error.address === place.host ? shown(place) : `${shown(place)} (${error.address})`;
  return new DialError(`${said} is a loopback, link-local or cloud metadata address: it is allowed only with --allow-local-addresses`, "local");
};

const throughProxy = async (proxy: URL, destination: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> => {
  const place = shown(destination);
  const via = await toProxy(proxy, options, signal);
  const { promise, resolve: succeed, reject } = Promise.withResolvers<Socket>();
  const asked = request({
    method: "CONNECT",
    path: place,
    headers: { host: place, ...proxyHeaders(proxy) },
    createConnection: () => via,
    signal,
  });
  asked.once("connect", (response, socket, head) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      if (response.statusCode === 407) return reject(proxyAsks(proxy));
      return reject(new DialError(`the proxy ${shown(proxyPlace(proxy))} refuses ${place} with status ${response.statusCode ?? 0}`, "proxy"));
    }
    if (head.byteLength > 0) socket.unshift(head);
    return succeed(via);
  });
  asked.once("error", (error) => reject(new DialError(`the proxy ${shown(proxyPlace(proxy))} fails (${messageOf(error)})`, "proxy", error)));
  asked.end();
  return promise;
};

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : messageOf(error);
