import { cutUtf8 } from "../../base/text.ts";
import { unknownHook } from "./unknown-hooks.ts";

const maxWarnings = 20;
const maxWarningBytes = 512;

/**
 * Warnings among what helm prints on stderr, each once, in order, at most 20 of 512 bytes: those of the API server (unknown fields,
 * deprecated APIs) and helm's own about the chart and its values. `redact` takes values out.
 */
export const parseWarnings = (stderr: string, redact: (text: string) => string): readonly string[] => [
  ...new Set(warningTexts(stderr).map((text) => cutUtf8(redact(text), maxWarningBytes, "… (cut)"))),
];

/** The same as they were printed. */
export const warningTexts = (stderr: string): readonly string[] =>
  [...new Set(stderr.split("\n").flatMap((line) => warningIn(line.trimEnd()) ?? []))].slice(0, maxWarnings);

const warningIn = (line: string): string | undefined => {
  const server = /^[IWEF]\d{4} [\d:.]+ +\d+ warnings\.go:\d+\] (.*)$/.exec(line)?.[1];
  if (server !== undefined) return unquote(server).replace(/^Warning: /, "");
  // Ends in the table that was there before, written out: a value of the chart.
  const values = /^coalesce\.go:\d+: warning: (.*)$/.exec(line)?.[1];
  if (values !== undefined) return values.replace(/ \((?:map)?\[.*$/, "");
  const hook = /^manifest_sorter\.go:\d+: info: skipping unknown hook: (".*")$/.exec(line)?.[1];
  if (hook !== undefined) return unknownHook(unquote(hook));
  const own = /^WARNING: (.*)$/.exec(line)?.[1];
  return own?.startsWith("Kubernetes configuration file is") === true ? undefined : own;
};

/** klog prints the sentence as Go's `%q` does, which for text is JSON. */
const unquote = (text: string): string => {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
};
