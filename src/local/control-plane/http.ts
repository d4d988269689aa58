import { request as plainRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";

/** One request to a component on loopback. */
export interface LocalRequest {
  readonly url: string;
  readonly method?: "GET" | "POST" | "PUT";
  /** PEM; required for https. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface LocalResponse {
  readonly status: number;
  readonly text: string;
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
};

/** Rejects when no answer comes: connection refused, wrong certificate, silence for 5 s, abort. */
export const sendLocal = (request: LocalRequest, signal: AbortSignal): Promise<LocalResponse> =>
  new Promise((resolve, reject) => {
    const send = request.url.startsWith("https:") ? tlsRequest : plainRequest;
    const outgoing = send(request.url, {
      method: request.method ?? "GET",
      headers: {
        ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.ca === undefined ? {} : { ca: request.ca }),
      agent: false,
      timeout: 5_000,
      signal,
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no response from ${request.url} within 5 s`)));
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    outgoing.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  });
