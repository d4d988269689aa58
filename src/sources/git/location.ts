import { type Fault, notAllowed, type SourceError, unsupported } from "../errors.ts";

export type GitProtocol = "https" | "http" | "ssh" | "git";

/** `source.location` of a git source, taken apart. */
export interface GitLocation {
  readonly protocol: GitProtocol;
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** As git is given it: no password, and for ssh no port, because the ssh configuration says where to connect. */
  readonly url: string;
  /** With a leading slash, except for `user@host:path`. */
  readonly path: string;
  readonly username?: string | undefined;
  /** From the URL; never in messages. */
  readonly password?: string | undefined;
}

const PORTS: Readonly<Record<GitProtocol, number>> = { https: 443, http: 80, ssh: 22, git: 9418 };
const REMEDY = "use https://host/path, http://, ssh://user@host/path, user@host:path or git://host/path";
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;
/** `user@host:path`: a colon before any slash. */
const SCP_LIKE = /^(?:(?<user>[^@/:[\]]+)@)?(?<host>[^@/:[\]]+|\[[^\]]*\]):(?<path>.+)$/;
const MAX_LENGTH = 2048;

/** How messages name what the user wrote: without user and password, query and fragment. */
export const shownLocation = (location: string): string =>
  JSON.stringify(
    location
      .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1")
      .replace(/[?#].*$/s, "")
      .slice(0, 256),
  );

/**
 * Whatever git would take for anything but a URL of these four protocols is refused: options, `ext::` and other transports, local paths.
 * @throws {SourceError} Terminal.
 */
export const parseGitLocation = (location: string): GitLocation => {
  const refuse = refusal(location);
  if (location === "") throw refuse(notAllowed, "is empty");
  if (location.length > MAX_LENGTH) throw refuse(notAllowed, `is longer than ${MAX_LENGTH} characters`);
  if (location.startsWith("-")) throw refuse(notAllowed, 'begins with "-"');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]|%[01][0-9a-f]|%7f/i.test(location)) throw refuse(notAllowed, "contains a space, a backslash or a control character");
  const transport = /^([\w+.-]*)::/.exec(location)?.[1];
  if (transport !== undefined) throw refuse(notAllowed, `uses the git transport "${transport}", which is not allowed`);
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location) ? fromUrl(location, refuse) : fromScpLike(location, refuse);
};

type Refuse = (fault: Fault, what: string) => SourceError;

const refusal =
  (location: string): Refuse =>
  (fault, what) =>
    fault(`source.location ${shownLocation(location)} ${what}: ${REMEDY}`);

const isProtocol = (name: string): name is GitProtocol => Object.hasOwn(PORTS, name);

const fromUrl = (location: string, refuse: Refuse): GitLocation => {
  const url = URL.parse(location);
  if (url === null) throw refuse(notAllowed, "is not a URL");
  const protocol = url.protocol.slice(0, -1);
  if (!isProtocol(protocol)) throw refuse(unsupported, `has the scheme "${protocol}"`);
  if (/[?#]/.test(location)) throw refuse(notAllowed, "has a query or a fragment");
  if (url.pathname === "" || url.pathname === "/") throw refuse(notAllowed, "has no path");
  const host = checkedHost(url.hostname, refuse);
  const username = decoded(url.username, refuse);
  const port = url.port === "" ? PORTS[protocol] : Number(url.port);
  const place = { protocol, host, port, path: url.pathname };
  if (protocol !== "ssh") return { ...place, ...userOf(username, decoded(url.password, refuse)), url: `${protocol}://${url.host}${url.pathname}` };
  if (url.password !== "") throw refuse(notAllowed, "has a password, but ssh uses keys only");
  return { ...place, username: checkedUser(username, refuse), url: `ssh://${url.hostname.toLowerCase()}${url.pathname}` };
};

const fromScpLike = (location: string, refuse: Refuse): GitLocation => {
  const { user = "", host: written = "", path = "" } = SCP_LIKE.exec(location)?.groups ?? {};
  if (path === "") throw refuse(unsupported, "is neither a URL nor user@host:path");
  if (path.startsWith("-")) throw refuse(notAllowed, 'has a path that begins with "-"');
  const host = checkedHost(written, refuse);
  return { protocol: "ssh", host, port: PORTS.ssh, path, username: checkedUser(user, refuse), url: `${written.toLowerCase()}:${path}` };
};

const checkedHost = (written: string, refuse: Refuse): string => {
  const host = written.toLowerCase();
  if (!HOST.test(host)) throw refuse(notAllowed, "has no valid host name");
  return host.replace(/^\[|\]$/g, "");
};

/** Whether a user name can stand in an ssh configuration. */
export const isSshUser = (user: string): boolean => USER.test(user);

const checkedUser = (user: string, refuse: Refuse): string | undefined => {
  if (user === "") return undefined;
  if (!isSshUser(user)) throw refuse(notAllowed, "has an invalid ssh user name");
  return user;
};

const userOf = (username: string, password: string) => (username === "" && password === "" ? {} : { username, password });

const decoded = (text: string, refuse: Refuse): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(notAllowed, "has user and password that are not percent-encoded");
  }
};
