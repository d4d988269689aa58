import { parseUrl } from "./remote-url.ts";

/**
 * `source.proxy_server`: an http or https URL, or `host:port`.
 * @throws {SourceError} Terminal; user and password are not in the message.
 */
export const parseProxy = (proxy: string | undefined): URL | undefined => {
  if (proxy === undefined || proxy === "") return undefined;
  return parseUrl(proxy.includes("://") ? proxy : `http://${proxy}`, ["http:", "https:"], "source.proxy_server");
};
