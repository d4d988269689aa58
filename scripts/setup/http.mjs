// Not fetch: the one of Node 24 ends the process when a connection ends while a large answer waits to be stored.
import { open, stat } from "node:fs/promises";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";

/** Milliseconds: until a small file is there, or a large one begins; without a byte of it; for all of it. */
export const defaultLimits = { answerMs: 3_000, stallMs: 20_000, totalMs: 20 * 60_000 };

/** The file cannot be had from there: another way may lead to the tool. `again`: so may another try. */
export class DownloadError extends Error {
  constructor(message, { again }) {
    super(message);
    this.again = again;
  }
}

const hostOf = (url) => new URL(url).host;

const unreachable = (url, error) => new DownloadError(`${hostOf(url)} cannot be reached (${error.code ?? error.message})`, { again: true });

/** Whether a redirection leads from an address with TLS to one without. */
export const losesTls = (asked, next) => asked.startsWith("https:") && !next.startsWith("https:");

const send = (url, { headers, signal }) =>
  new Promise((resolve, reject) => {
    const request = url.startsWith("https:") ? requestTls : requestPlain;
    const outgoing = request(url, { headers: { "user-agent": "armada-operator", ...headers }, signal });
    outgoing.once("response", resolve);
    outgoing.on("error", (error) => reject(signal.aborted ? signal.reason : unreachable(url, error)));
    outgoing.end();
  });

const maxRedirections = 5;

/** Where an answer leads; undefined when it is one itself. */
const redirection = (url, { statusCode, headers }) => {
  if (![301, 302, 303, 307, 308].includes(statusCode) || !URL.canParse(headers.location, url)) return undefined;
  const next = new URL(headers.location, url).href;
  if (losesTls(url, next)) throw new DownloadError(`${hostOf(url)} redirects to a URL without TLS, ${next}`, { again: false });
  return next;
};

/** An answer with one of the statuses, behind redirections; its body is to be read or destroyed. */
const openUrl = async (url, { headers, signal, accepts }) => {
  for (let at = url, count = 0; count <= maxRedirections; count++) {
    const response = await send(at, { headers, signal });
    const { statusCode } = response;
    if (accepts.includes(statusCode)) return response;
    response.on("error", () => undefined).destroy();
    const next = redirection(at, response);
    if (next === undefined)
      throw new DownloadError(`${url} responded with HTTP status ${statusCode}`, { again: statusCode >= 500 || [408, 429].includes(statusCode) });
    at = next;
  }
  throw new DownloadError(`${url} redirects more than ${maxRedirections} times`, { again: false });
};

/** The parts of a body, as they come. */
async function* partsOf(response, { url, signal }) {
  try {
    yield* response;
  } catch (error) {
    throw signal.aborted ? signal.reason : unreachable(url, error);
  }
}

/** Runs `action` with a signal that aborts with a sentence: `silence(ms)` after its last call, `total(ms)` in any case. */
const withTimers = async (url, action) => {
  const controller = new AbortController();
  const timers = {};
  const abortAfter = (name, ms, what) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(() => controller.abort(new DownloadError(`${hostOf(url)} ${what} ${ms / 1000} s`, { again: true })), ms);
  };
  const silence = (ms) => abortAfter("silence", ms, "did not respond within");
  const total = (ms) => abortAfter("total", ms, "did not send all of it within");
  try {
    return await action({ signal: controller.signal, silence, total });
  } finally {
    for (const timer of Object.values(timers)) clearTimeout(timer);
  }
};

const twice = async (attempt) => {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof DownloadError && error.again)) throw error;
    return attempt();
  }
};

/** A small text. Rejects with {@link DownloadError}, after one more try where that may help. */
export const getText = (url, limits) =>
  twice(() =>
    withTimers(url, async ({ signal, silence }) => {
      silence(limits.answerMs);
      const response = await openUrl(url, { signal, accepts: [200] });
      const parts = [];
      for await (const part of partsOf(response, { url, signal })) parts.push(part);
      return Buffer.concat(parts).toString("utf8");
    }),
  );

const sizeOf = async (path) => (await stat(path).catch(() => undefined))?.size ?? 0;

/** Appends to what there is of the file, or begins anew where the server cannot go on. */
const fill = async (url, path, { limits, onBytes }) => {
  const have = await sizeOf(path);
  await withTimers(url, async ({ signal, silence, total }) => {
    silence(limits.answerMs);
    total(limits.totalMs);
    const headers = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await openUrl(url, { signal, headers, accepts: have > 0 ? [200, 206, 416] : [200] });
    // There is nothing behind what is there already.
    if (response.statusCode === 416) {
      response.resume();
      return;
    }
    const begun = response.headers["content-range"]?.startsWith(`bytes ${have}-`) === true ? have : 0;
    const size = begun + Number(response.headers["content-length"] ?? Number.NaN);
    const file = await open(path, begun > 0 ? "a" : "w");
    try {
      silence(limits.stallMs);
      let stored = begun;
      for await (const part of partsOf(response, { url, signal })) {
        await file.appendFile(part);
        onBytes((stored += part.length), size);
        silence(limits.stallMs);
      }
    } finally {
      await file.close();
    }
  });
};

/**
 * A large file, at `path`; what an interrupted run has left there is taken up. `onBytes(have, size)`: size is NaN when the server does not tell.
 * Rejects with {@link DownloadError}, after one more try where that may help; errors of the disk as they are.
 */
export const getFile = (url, path, { limits, onBytes }) => twice(() => fill(url, path, { limits, onBytes }));
