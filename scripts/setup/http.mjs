import { open, stat } from "node:fs/promises";

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

/** fetch says "fetch failed" and hides why in the cause. */
const because = (url, error) =>
  new DownloadError(`${hostOf(url)} cannot be reached (${error.cause?.code ?? error.cause?.message ?? error.message})`, { again: true });

/** Whether a redirection has led from an address with TLS to one without. */
export const losesTls = (asked, answered) => asked.startsWith("https:") && !answered.startsWith("https:");

const openUrl = async (url, { headers, signal, accepts }) => {
  const response = await fetch(url, { headers: { "user-agent": "armada-operator", ...headers }, signal }).catch((error) => {
    throw signal.aborted ? signal.reason : because(url, error);
  });
  const { status } = response;
  const downgraded = losesTls(url, response.url);
  if (accepts.includes(status) && !downgraded) return response;
  await response.body?.cancel().catch(() => undefined);
  if (downgraded) throw new DownloadError(`${hostOf(url)} leads to an address without TLS, ${response.url}`, { again: false });
  throw new DownloadError(`${url} answers with HTTP status ${status}`, { again: status >= 500 || status === 408 || status === 429 });
};

/** Runs `action` with a signal that aborts with a sentence: `silence(ms)` after its last call, `total(ms)` in any case. */
const withTimers = async (url, action) => {
  const controller = new AbortController();
  const timers = {};
  const abortAfter = (name, ms, what) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(() => controller.abort(new DownloadError(`${hostOf(url)} ${what} ${ms / 1000} s`, { again: true })), ms);
  };
  const silence = (ms) => abortAfter("silence", ms, "does not answer within");
  const total = (ms) => abortAfter("total", ms, "does not give all of it within");
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
      return response.text().catch((error) => {
        throw signal.aborted ? signal.reason : because(url, error);
      });
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
    // 416: there is nothing behind what is there already.
    if (response.status === 416) return response.body?.cancel();
    const begun = response.headers.get("content-range")?.startsWith(`bytes ${have}-`) === true ? have : 0;
    const file = await open(path, begun > 0 ? "a" : "w");
    try {
      const size = begun + Number(response.headers.get("content-length") ?? Number.NaN);
      await copy(response.body, file, { signal, url, heard: () => silence(limits.stallMs), onBytes: (bytes) => onBytes(begun + bytes, size) });
    } finally {
      await file.close();
    }
  });
};

const copy = async (body, file, { signal, url, heard, onBytes }) => {
  const chunks = body[Symbol.asyncIterator]();
  for (let bytes = 0; ;) {
    heard();
    const { done, value } = await chunks.next().catch((error) => {
      throw signal.aborted ? signal.reason : because(url, error);
    });
    if (done) return;
    await file.appendFile(value);
    bytes += value.length;
    onBytes(bytes);
  }
};

/**
 * A large file, at `path`; what an interrupted run has left there is taken up. `onBytes(have, size)`: size is NaN when the server does not tell.
 * Rejects with {@link DownloadError}, after one more try where that may help; errors of the disk as they are.
 */
export const getFile = (url, path, { limits, onBytes }) => twice(() => fill(url, path, { limits, onBytes }));
