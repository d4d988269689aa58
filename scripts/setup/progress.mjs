/** `1 min 05 s`. */
export const formatElapsed = (ms) => {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
};

export const progressText = ({ what, compiled, downloaded, elapsedMs }) =>
  `building ${what}: ${[`${compiled} packages compiled`, ...(downloaded > 0 ? [`${downloaded} modules downloaded`] : []), formatElapsed(elapsedMs)].join(", ")}`;

/**
 * Counts what `go build -v` prints, a line a package, and shows it: each second in place on a terminal, each 15 s otherwise.
 * `stop()` ends it and gives the final text.
 */
export const startProgress = ({ what, stream, say }) => {
  const started = Date.now();
  const counts = { compiled: 0, downloaded: 0 };
  const text = () => progressText({ what, ...counts, elapsedMs: Date.now() - started });
  const terminal = stream.isTTY === true;
  const show = () => (terminal ? stream.write(`\r\x1b[Kset-up: ${text()}`.slice(0, (stream.columns ?? 80) + 3)) : say(text()));
  const timer = setInterval(show, terminal ? 1_000 : 15_000);
  return {
    onLine: (line) => {
      if (/^go: (downloading|finding)/.test(line)) counts.downloaded++;
      else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) counts.compiled++;
    },
    stop: () => {
      clearInterval(timer);
      if (terminal) stream.write("\r\x1b[K");
      return text();
    },
  };
};
