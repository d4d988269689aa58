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
    const remedy = authenticated ? "correct the credentials in its Secret" : "it asks for credentials: name a Secret that holds them";
    return unauthorized(`${what} is refused by the server (HTTP ${status}): ${remedy}`);
  }
  if (status === 407) return unauthorized(`${what} is refused by the proxy (HTTP 407): put its user and password into the proxy's URL`);
  if (status === 404 || status === 410) return notFound(`${what} does not exist on the server (HTTP ${status}): correct the address`);
  if (status === 408 || status === 429 || status >= 500)
    return unreachable(`${what} cannot be had now: the server answers HTTP ${status}; it is asked again`);
  return noContent(`${what} cannot be fetched: the server answers HTTP ${status}, and only 200 brings the content`);
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

export const localAddress = (what: string, where: string, { address }: LocalAddressError): SourceError => {
  const named = where.startsWith(address) || where.startsWith(`[${address}]`) ? address : `${where} leads to ${address}, which`;
  return notAllowed(
    `${what}: ${named} is on this machine or its link, or is a cloud's metadata service: charts come from there only with --allow-local-addresses`,
  );
};

const TIMEOUTS = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);
const NO_ADDRESS = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_FAIL"]);
const NO_CONNECTION = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EADDRNOTAVAIL"]);
const CUT = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "UND_ERR_ABORTED"]);
const CERTIFICATE = /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

const PROXY_ASKS: readonly [Fault, string] = [unauthorized, "the proxy asks for credentials (HTTP 407): put them into its URL"];

const sentenceOf = (code: string, where: string, chain: readonly Failure[]): readonly [Fault, string] => {
  if (chain.some(({ message }) => /Proxy response \((\d+)\)/.test(message))) return proxyAnswer(where, chain);
  if (chain.some(({ message }) => message.includes("(407)"))) return PROXY_ASKS;
  if (TIMEOUTS.has(code)) return [timedOut, `${where} did not answer in time; it is asked again`];
  if (NO_ADDRESS.has(code)) return [unreachable, `no address is known for ${where} (${code}): correct the name, or the operator's DNS`];
  if (NO_CONNECTION.has(code)) return [unreachable, `${where} takes no connection (${code}); it is asked again`];
  if (CUT.has(code)) return [unreadable, `${where} ended the connection before the end; it is asked again`];
  if (CERTIFICATE.test(code))
    return [verificationFailed, `the certificate of ${where} is not trusted (${code}): put the authority that signed it into the Secret as ca.crt`];
  if (code.startsWith("ERR_OSSL") || code.startsWith("ERR_SSL"))
    return [
      verificationFailed,
      `TLS with ${where} fails (${code}): look at the certificates and the key in the Secret, and whether the server speaks TLS`,
    ];
  return [unreachable, `${where} does not speak as expected (${code === "" ? "unknown error" : code}); it is asked again`];
};

const proxyAnswer = (where: string, chain: readonly Failure[]): readonly [Fault, string] => {
  const status = chain.map(({ message }) => /Proxy response \((\d+)\)/.exec(message)?.[1]).find((found) => found !== undefined) ?? "";
  if (status === "407") return PROXY_ASKS;
  return [unreachable, `the proxy does not connect to ${where} (HTTP ${status}); it is asked again`];
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
