import { notAllowed } from "../errors.ts";

/** How messages quote what somebody wrote: not more than a line of it. */
export const quote = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text);

/** How messages name a URL: without userinfo, query and fragment, which may hold secrets. What is no URL keeps its first characters only. */
export const redactUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return text.replaceAll(/(?<![^/@])[^/@]*@/g, "").split(/[?#]/)[0] ?? "";
  return `${url.protocol}//${url.host}${url.pathname}`;
};

/** How messages name what a user wrote. */
export const remoteFieldOf = ({ location, subpath }: { readonly location: string; readonly subpath: string }): string =>
  `source.location ${quote(redactUrl(location))}${subpath === "." || subpath === "" ? "" : ` with source.subpath ${quote(subpath)}`}`;

/**
 * A URL of one of the given schemes (`https:`).
 * @param what Begins the message, e.g. `source.location "…"`.
 * @throws {SourceError}
 */
export const parseUrl = (text: string, schemes: readonly string[], what: string): URL => {
  const names = schemes.map((scheme) => `${scheme}//`).join(" or ");
  // The parser drops tabs and line breaks, and blanks at the ends: what was checked would not be what was written.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007F\\]/.test(text)) throw notAllowed(`${what} contains a space, a backslash or a control character: use a plain URL`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !schemes.includes(url.protocol)) throw notAllowed(`${what} is not a supported URL: it must begin with ${names}`);
  return url;
};

/** `user:password@` of a URL, decoded. */
export const userInfoOf = (url: URL): { readonly username: string; readonly password: string } | undefined =>
  url.username === "" && url.password === "" ? undefined : { username: decode(url.username), password: decode(url.password) };

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
