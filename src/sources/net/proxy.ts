import { parseUrl, userInfoOf } from "./remote-url.ts";
import { notAllowed } from "../errors.ts";

const FIELD = "source.proxy_server";
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_][a-z0-9_.-]*)$/i;

/**
 * `source.proxy_server`: an http or https URL, or `host:port`.
 * @throws {SourceError} Terminal; user and password are not in the message.
 */
export const parseProxy = (proxy: string | undefined): URL | undefined => {
  if (proxy === undefined || proxy === "") return undefined;
  // The parser would take slashes away until there is a host.
  const full = /^[^/]+\/?$/.test(proxy) ? `http://${proxy}` : proxy;
  const url = parseUrl(full, ["http:", "https:"], FIELD);
  if (HOST.test(url.hostname) && url.hostname.length <= 253) return url;
  throw notAllowed(`${FIELD} is not the URL of an HTTP proxy: write http://host:port`);
};

/** `Proxy-Authorization` for a proxy with user and password in its URL. */
export const proxyAuthorization = (proxy: URL): string | undefined => {
  const user = userInfoOf(proxy);
  return user === undefined ? undefined : `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
};
