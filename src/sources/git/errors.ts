import {
  type Fault,
  invalidChart,
  notAllowed,
  notFound,
  type SourceError,
  tooLarge,
  unauthorized,
  unreachable,
  unreadable,
  unsupported,
  verificationFailed,
} from "../errors.ts";

type Row = readonly [pattern: RegExp, fault: Fault, what: string];

/** The one place that knows git's and ssh's wording (git 2.39 to 2.51, OpenSSH 9), in English. The first row that matches wins. */
const REFUSED_CREDENTIALS =
  "the server requires credentials or rejects those it was given: add a user and password, or a token, with read access to the Secret";

const ROWS: readonly Row[] = [
  [
    /Host key verification failed|host key is known for|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    verificationFailed,
    "the server's host key is not in known_hosts: verify it and add it to known_hosts in the Secret",
  ],
  [/Load key [^\n]{0,300}: /, unauthorized, "the private key in the Secret cannot be read: it must be a PEM or OpenSSH key without a passphrase"],
  [
    /Permission denied \(|Too many authentication failures/,
    unauthorized,
    "the server rejects the key: add its public key to the repository's deploy keys, or put another key in the Secret",
  ],
  [/could not read (?:Username|Password) for|Authentication failed for|returned error: 40[13]/, unauthorized, REFUSED_CREDENTIALS],
  [
    /certificate verification failed|SSL certificate problem|certificate subject name|unable to get local issuer/,
    verificationFailed,
    "the server's certificate is not trusted: add the CA certificate to the Secret as ca.crt",
  ],
  [
    /error (?:reading|setting) (?:ca cert|certificate|X\.509)|unable to (?:set|load|use) (?:private key|client certificate)|could not load PEM/i,
    unauthorized,
    "a certificate or its key in the Secret cannot be read: they must be in PEM format and match",
  ],
  [
    /unable to update url base from redirection|not supported or disabled in libcurl/,
    notAllowed,
    "the server redirects to another host or scheme, which is not followed: use the URL of the repository itself",
  ],
  [/attempting to allocate/, tooLarge, "the repository has an object that is too large to be read"],
  [/not our ref|couldn't find remote ref|did not send all necessary objects/, notFound, "the repository has no such commit"],
  [
    /dumb http transport does not support/,
    unsupported,
    'the server speaks git\'s old "dumb" HTTP only: serve the repository by git http-backend or a forge',
  ],
  [
    /repository '.*' not found|Repository not found|does not appear to be a git repository|repository not exported|not valid: is this a git repository|returned error: 404/,
    notFound,
    "the repository does not exist, or the credentials have no access to it: check the location and the Secret",
  ],
  [/transport '[^']*' not allowed/, notAllowed, "git is not allowed to use that transport"],
  [/error: invalid path '|malformed tree|too-short tree/, invalidChart, "the repository has a file with an invalid name"],
  [/No space left on device|Disk quota exceeded/, unreadable, "the cache of git repositories is full: free space on its volume"],
  [/unable to create file [^\n]{0,5000}: File name too long/, invalidChart, "the repository has a file name that is too long"],
  [
    /unable to access '|early EOF|hung up unexpectedly|RPC failed|unexpected disconnect|timed out|Connection (?:reset|closed)|kex_exchange_identification|unable to connect/,
    unreachable,
    "the server is unreachable or closed the connection",
  ],
  // All that is left of an ssh connection that was cut.
  [
    /Could not read from remote repository/,
    unreachable,
    "the server closed the connection: check that it runs, and that the key in the Secret has access to the repository",
  ],
];

/** The server gives out only what its references name; the history has to be fetched to get at the rest. */
export const isUnadvertised = (stderr: string): boolean => /Server does not allow request for unadvertised object/.test(stderr);

/**
 * Why a git command failed that has said `stderr`; the message goes after the field that a message begins with.
 * @param hide Texts that must not be seen, such as secrets and private paths.
 */
export const gitFailure = (stderr: string, hide: readonly string[] = []): SourceError => {
  const said = saidIn(stderr, hide);
  if (isUnadvertised(stderr)) return notFound(`the server does not allow fetching that commit${said}`);
  const [, fault, what] = ROWS.find(([pattern]) => pattern.test(stderr)) ?? [undefined, unreadable, "git failed"];
  return fault(`${what}${said}`);
};

const MAX_SAID = 240;

/** The telling lines of git in parentheses: what the server says, and the first complaint. Control characters and what is to be hidden are gone. */
const saidIn = (stderr: string, hide: readonly string[]): string => {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const telling = [lines.find((line) => /^(?:remote|ERROR): *\S/.test(line)), lines.find((line) => /^(?:fatal|error): /.test(line))];
  const text = [...new Set(telling.filter((line) => line !== undefined))].join("; ");
  const plain = hide.filter((secret) => secret !== "").reduce((left, secret) => left.replaceAll(secret, "…"), text);
  // oxlint-disable-next-line no-control-regex -- a server may send anything
  const clean = plain.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "").replaceAll(/:\/\/[^/@\s']*@/g, "://");
  return clean === "" ? "" : ` (${clean.length > MAX_SAID ? `${clean.slice(0, MAX_SAID)}…` : clean})`;
};
