import { LocalAddressError } from "./address-guard.ts";
import {
  type Fault,
  noContent,
  notAllowed,
  notFound,
  SourceError,
  timedOut,
  unauthorized,
  unreachable,
  unreadable,
  verificationFailed,
} from "../errors.ts";

/** What an HTTP status other than the expected means for who asked. `what` names what is fetched, without secrets. */
export const statusError = (what: string, status: number, authenticated: boolean): SourceError => {
  if (status === 401 || status === 403) {
    const remedy = authenticated ? "correct the credentials in its Secret" : "it requires credentials: reference a Secret that has them";
    return unauthorized(`${what} is refused by the server (HTTP ${status}): ${remedy}`);
  }
  if (status === 407) return unauthorized(`${what} is refused by the proxy (HTTP 407): add its user and password to the proxy's URL`);
  if (status === 404 || status === 410) return notFound(`${what} does not exist on the server (HTTP ${status}): correct the address`);
  if (status === 408 || status === 429 || status >= 500)
    return unreachable(`${what} is unavailable: the server responded with HTTP ${status}; it will be retried`);
  return noContent(`${what} cannot be fetched: the server responded with HTTP ${status} instead of 200`);
};

/** What broke a request before or while it was answered. `where` is the host that was asked. */
export const requestError = (what: string, where: string, error: unknown): SourceError => {
  if (error instanceof SourceError) return error;
  const chain = causesOf(error);
  const local = chain.find((cause) => cause instanceof LocalAddressError);
  if (local !== undefined) return localAddress(what, where, local);
  const code = chain.map(codeOf).find((found) => found !== undefined) ?? "";
  const [fault, sentence] = sentenceOf(code, where, chain);
  return fault(`${what} cannot be fetched: ${sentence}`, error);
};

const localAddress = (what: string, where: string, { address }: LocalAddressError): SourceError => {
  const named = where.startsWith(address) || where.startsWith(`[${address}]`) ? address : `${where} resolves to ${address}, which`;
  return notAllowed(`${what}: ${named} is a loopback, link-local or cloud metadata address: it is allowed only with --allow-local-addresses`);
};

const TIMEOUTS = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);
const NO_ADDRESS = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_FAIL"]);
const NO_CONNECTION = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EADDRNOTAVAIL"]);
const CUT = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "UND_ERR_ABORTED"]);
const CERTIFICATE = /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

const PROXY_ASKS: readonly [Fault, string] = [unauthorized, "the proxy requires credentials (HTTP 407): add them to its URL"];

const sentenceOf = (code: string, where: string, chain: readonly Failure[]): readonly [Fault, string] => {
  if (chain.some(({ message }) => /Proxy response \((\d+)\)/.test(message))) return proxyAnswer(where, chain);
  if (chain.some(({ message }) => message.includes("(407)"))) return PROXY_ASKS;
  if (TIMEOUTS.has(code)) return [timedOut, `${where} did not respond in time; it will be retried`];
  if (NO_ADDRESS.has(code)) return [unreachable, `cannot resolve ${where} (${code}): correct the host name, or the operator's DNS`];
  if (NO_CONNECTION.has(code)) return [unreachable, `cannot connect to ${where} (${code}); it will be retried`];
  if (CUT.has(code)) return [unreadable, `${where} closed the connection early; it will be retried`];
  if (CERTIFICATE.test(code))
    return [verificationFailed, `the certificate of ${where} is not trusted (${code}): add the CA certificate to the Secret as ca.crt`];
  if (code.startsWith("ERR_OSSL") || code.startsWith("ERR_SSL"))
    return [
      verificationFailed,
      `the TLS handshake with ${where} failed (${code}): check the certificates and the key in the Secret, and that the server uses TLS`,
    ];
  return [unreachable, `${where} sent an unexpected response (${code === "" ? "unknown error" : code}); it will be retried`];
};

const proxyAnswer = (where: string, chain: readonly Failure[]): readonly [Fault, string] => {
  const status = chain.map(({ message }) => /Proxy response \((\d+)\)/.exec(message)?.[1]).find((found) => found !== undefined) ?? "";
  if (status === "407") return PROXY_ASKS;
  return [unreachable, `the proxy cannot connect to ${where} (HTTP ${status}); it will be retried`];
};

interface Failure {
  readonly message: string;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** By shape, not by class: the errors of the sockets may come from another realm. */
const isFailure = (error: unknown): error is Failure =>
  typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";

/** The error and what caused it, at most four deep. */
const causesOf = (error: unknown): readonly Failure[] => {
  const chain: Failure[] = [];
  for (let next = error; isFailure(next) && chain.length < 4; next = next.cause) {
    chain.push(next);
    if (Array.isArray(next.errors)) chain.push(...next.errors.filter(isFailure).slice(0, 2));
  }
  return chain;
};

const codeOf = ({ code }: Failure): string | undefined => (typeof code === "string" ? code : undefined);
