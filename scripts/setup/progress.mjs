/** `1 min 05 s`. */
export const formatElapsed = (ms) => {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
};

export const progressText = ({ what, compiled, downloaded, elapsedMs }) =>
  `building ${what}: ${[`${compiled} packages compiled`, ...(downloaded > 0 ? [`${downloaded} modules downloaded`] : []), formatElapsed(elapsedMs)].join(", ")}`;

const megabytes = (bytes) => Math.round(bytes / 1e6);

/** `size` is NaN when it is not known. */
export const downloadText = ({ what, have, size, elapsedMs }) =>
  `downloading ${what}: ${megabytes(have)}${Number.isNaN(size) ? "" : ` of ${megabytes(size)}`} MB, ${formatElapsed(elapsedMs)}`;

/** Counts what `go build -v` prints, a line a package. */
export const countBuild = (what) => {
  const counts = { compiled: 0, downloaded: 0 };
  return {
    onLine: (line) => {
      if (/^go: (downloading|finding)/.test(line)) counts.downloaded++;
      else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) counts.compiled++;
    },
    text: (elapsedMs) => progressText({ what, ...counts, elapsedMs }),
  };
};

/** Shows `text(elapsedMs)`: each second in place on a terminal, each 15 s otherwise. `stop()` ends it and gives the final text. */
export const startProgress = ({ text, stream, say }) => {
  const started = Date.now();
  const now = () => text(Date.now() - started);
  const terminal = stream.isTTY === true;
  const show = () => (terminal ? stream.write(`\r\x1b[Kset-up: ${now()}`.slice(0, (stream.columns ?? 80) + 3)) : say(now()));
  const timer = setInterval(show, terminal ? 1_000 : 15_000);
  return {
    stop: () => {
      clearInterval(timer);
      if (terminal) stream.write("\r\x1b[K");
      return now();
    },
  };
};
