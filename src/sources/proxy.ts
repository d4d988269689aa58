import { SourceError } from "./source.ts";

/**
 * `source.proxy_server`: an http or https URL, or `host:port`.
 * @throws {SourceError} Terminal; user and password are not in the message.
 */
export const parseProxy = (proxy: string | undefined): URL | undefined => {
  if (proxy === undefined || proxy === "") return undefined;
  const url = URL.parse(proxy.includes("://") ? proxy : `http://${proxy}`);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "") return url;
  throw new SourceError("source.proxy_server is not the URL of an HTTP proxy: write http://host:port", { reason: "Unsupported", class: "terminal" });
};
