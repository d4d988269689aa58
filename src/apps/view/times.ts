/** A time that began a moment ago says nothing. */
const MOMENT_MS = 2_000;

/** The line for a person who reads it at `nowMs`: `since 12 s ago`, `next try in 8 s`. */
export const withRelativeTimes = (line: string, nowMs: number): string =>
  line
    .replaceAll(/(?:, | \()since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\)?/g, (text: string, time: string) =>
      nowMs - Date.parse(time) < MOMENT_MS ? "" : text.replace(time, relative(time, nowMs)),
    )
    .replaceAll(/(?:\bat )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/g, (_, time: string) => relative(time, nowMs));

const relative = (time: string, nowMs: number): string => {
  const ms = nowMs - Date.parse(time);
  return ms < 0 ? `in ${duration(-ms)}` : `${duration(ms)} ago`;
};

/** `12 s`, `3 min`, `2 h`. */
export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${String(minutes)} min` : `${String(Math.round(minutes / 60))} h`;
};

/** How long ago, where that says something. */
export const age = (time: string | undefined, nowMs: number): string | undefined => {
  const ms = nowMs - Date.parse(time ?? "");
  return ms >= MOMENT_MS ? duration(ms) : undefined;
};
