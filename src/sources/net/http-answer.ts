import type { Dispatcher } from "undici";
import { tooLarge, unreadable, type SourceError } from "../errors.ts";
import { statusError } from "./http-errors.ts";
import type { HttpAnswer, HttpRequest, Sink } from "./http-request.ts";

export const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface Taking {
  readonly sink: Sink;
  readonly onReceived: (bytes: number) => void;
  readonly authenticated: boolean;
}

/** Hands the body of a 200 to the sink. Rejects for statuses that are no answer. */
export const take = async (request: HttpRequest, response: Dispatcher.ResponseData, { authenticated, ...taking }: Taking): Promise<HttpAnswer> => {
  const { statusCode: status, headers, body } = response;
  // A body that is not read any further fails when its connection is destroyed, and nobody listens then.
  body.on("error", () => undefined);
  const answer = { status, headers: flatten(headers) };
  if (status === 200) await takeBody(request, Number(answer.headers["content-length"] ?? Number.NaN), body, taking);
  else if (!REDIRECTS.has(status) && request.answers?.includes(status) !== true) throw statusError(request.what, status, authenticated);
  return answer;
};

/** `announced`: bytes, or NaN. */
const takeBody = async (
  request: HttpRequest,
  announced: number,
  body: AsyncIterable<Uint8Array>,
  { sink, onReceived }: Pick<Taking, "sink" | "onReceived">,
): Promise<void> => {
  if (announced > request.maxBytes) throw tooLong(request, `${announced} bytes`);
  let received = 0;
  for await (const chunk of body) {
    received += chunk.byteLength;
    onReceived(chunk.byteLength);
    if (received > request.maxBytes) throw tooLong(request, `more than ${request.maxBytes} bytes`);
    await sink(chunk);
  }
  if (Number.isNaN(announced) || received === announced) return;
  throw unreadable(`${request.what} is truncated: received ${received} of ${announced} bytes; it will be retried`);
};

const flatten = (headers: Dispatcher.ResponseData["headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

const tooLong = ({ what, maxBytes, raisedBy }: HttpRequest, size: string): SourceError => {
  const remedy = raisedBy === undefined ? "make it smaller" : "make it smaller or raise the limit";
  const limit = raisedBy === undefined ? String(maxBytes) : `${maxBytes} (${raisedBy})`;
  return tooLarge(`${what} has ${size}, the limit is ${limit}: ${remedy}`);
};
