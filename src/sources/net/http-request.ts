import type { Dispatcher } from "undici";
import { notAllowed, type SourceError } from "../errors.ts";
import type { Credentials } from "../source.ts";
import { redactUrl, type userInfoOf } from "./remote-url.ts";

/** By what way, and as whom. `username`, `password`, `token`, `ca`, `clientCert`, `clientKey` and `insecure` count. */
export interface HttpAccess {
  readonly proxy?: string | undefined;
  readonly credentials?: Credentials | undefined;
}

export interface HttpRequest extends HttpAccess {
  /** http or https; userinfo counts as credentials when there are no others. */
  readonly url: string;
  /** How messages name what is fetched, without secrets: `source.location "…"`. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly maxBytes: number;
  /** A flag of the operator, for the message. */
  readonly raisedBy?: string | undefined;
  /** Statuses that are an answer beside 200; their bodies are not read. */
  readonly answers?: readonly number[] | undefined;
  /** Redirects to other hosts are followed if they are https; credentials stay behind. Only for content whose digest is known, and for signatures. */
  readonly otherHosts?: boolean | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes the content piece by piece. */
export type Sink = (chunk: Uint8Array) => void | Promise<void>;

export const getOf = (request: HttpRequest, url: URL, authorization: string | undefined): Dispatcher.RequestOptions => {
  const headers = { "user-agent": "armada-operator", "accept-encoding": "identity", ...request.headers };
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: "GET",
    headers: authorization === undefined ? headers : { ...headers, authorization },
  };
};

export const authorizationOf = (credentials: Credentials | undefined, userInfo: ReturnType<typeof userInfoOf>): string | undefined => {
  if (credentials?.token !== undefined) return `Bearer ${credentials.token}`;
  const named = credentials?.username === undefined && credentials?.password === undefined ? userInfo : credentials;
  return named === undefined ? undefined : `Basic ${Buffer.from(`${named.username ?? ""}:${named.password ?? ""}`, "utf8").toString("base64")}`;
};

/** Same host and scheme; `otherHosts` allows any https. */
export const redirected = (request: HttpRequest, from: URL, location: string | undefined): URL => {
  const refuse = (sentence: string): SourceError => notAllowed(`${request.what} ${sentence}`);
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse("redirects without a valid Location header: use the final address");
  const to = new URL(location, from);
  if (to.origin === from.origin) return to;
  if (request.otherHosts === true && to.protocol === "https:") return to;
  throw refuse(`redirects to ${redactUrl(to.href)}: redirects to another host or scheme are not followed; use that address if you trust it`);
};
