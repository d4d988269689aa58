import type { ErrorClass } from "../../base/errors.ts";
import { cutUtf8 } from "../../base/text.ts";
import type { HelmReason } from "../driver.ts";
import { withRemedy } from "./conflict.ts";
import { elideObjects } from "./elide.ts";
import { rightsOnce } from "./rights-once.ts";
import { unservedSentence } from "./unserved.ts";
import { classify } from "./wording.ts";

/** What helm's stderr means. */
export interface Failure {
  readonly reason: HelmReason;
  readonly class: ErrorClass;
  /** helm's own sentences on one line, redacted, at most {@link maxMessageBytes} bytes. */
  readonly message: string;
}

/** The longest message of a condition. */
export const maxMessageBytes = 4096;

/** `redact` takes values out of the message; the classification sees the text as helm wrote it. */
export const parseFailure = (stderr: string, redact: (text: string) => string): Failure => {
  const text = explained(stderr);
  const sentences = unservedSentence(text) ?? withRemedy(sentencesOf(rightsOnce(elideObjects(redact(withoutGap(text))))));
  return { ...classify(text), message: cutUtf8(sentences === "" ? "helm failed without an error message" : sentences, maxMessageBytes, "… (cut)") };
};

/** What {@link parseFailure} redacts. */
export const failureText = (stderr: string): string => withoutGap(explained(stderr));

/** The revision in helm's table; undefined when helm named none. */
export const parseRevision = (stdout: string): number | undefined => {
  const digits = /^REVISION: ([1-9]\d{0,8})$/m.exec(stdout)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const noise = /^(?:[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] |WARNING: |\w+\.go:\d+: )/;

/** What `uninstall --debug` prints after its error: the same once more, with Go's stack. */
const trace = /^helm\.go:\d+: \S+ \S+ \S+ \S+ \S+ \[debug\] /;

/** Of a helm that crashed: Go prints what happened, then the stacks of all goroutines. */
const beforeStacks = (lines: readonly string[]): readonly string[] => {
  const stacksAt = lines.findIndex((line) => /^(?:goroutine \d+ |PC=0x)/.test(line));
  return stacksAt < 0 ? lines : lines.slice(0, stacksAt);
};

/** From helm's own `Error:` to the end; logs of hook pods and warnings may stand before it. */
const errorTextOf = (stderr: string): string => {
  const all = stderr.split("\n");
  const traceAt = all.findLastIndex((line) => trace.test(line));
  const lines = traceAt < 0 ? all : all.slice(0, traceAt);
  const start = [/^Error: (?:INSTALLATION FAILED|UPGRADE FAILED|uninstall): /, /^Error: /]
    .map((pattern) => lines.findLastIndex((line) => pattern.test(line)))
    .find((index) => index >= 0);
  return (start === undefined ? beforeStacks(lines) : lines.slice(start))
    .filter((line) => !noise.test(line))
    .join("\n")
    .replace(/^Error: (?:INSTALLATION FAILED: |UPGRADE FAILED: |uninstall: Release not loaded: [^:]*: )?/, "")
    .trim();
};

const DELETIONS = "[debug] uninstall: Failed to delete release: [";

/** Why objects could not be deleted: helm's error leaves it out, and its log has it. */
const deletionErrorsOf = (stderr: string): string | undefined => {
  const end = stderr.lastIndexOf("]\nError: failed to delete release: ");
  if (end < 0) return undefined;
  // Of very many, the first are left out, and the mark with them.
  for (const mark of [DELETIONS, " bytes left out)\n"]) {
    const start = stderr.lastIndexOf(mark, end);
    if (start >= 0) return stderr.slice(start + mark.length, end);
  }
  return undefined;
};

/** The hook that helm waited for last, from its log. */
const hookWaitedFor = (stderr: string): string | undefined =>
  [...stderr.matchAll(/^client\.go:\d+: .* \[debug\] Watching for changes to (\S+ \S+) with timeout of /gm)].at(-1)?.[1];

/** What helm's error leaves out stands in the log of `uninstall --debug`. */
const explained = (stderr: string): string => {
  const text = deletionErrorsOf(stderr) ?? errorTextOf(stderr);
  const hook = /^(?:1 error occurred:\s*\* )?timed out waiting for the condition$/.test(text) ? hookWaitedFor(stderr) : undefined;
  return hook === undefined ? text : `${hook}: timed out waiting for the hook to complete`;
};

/** Where output was left out, the lines on both sides may hold a part of a value, which no redaction finds. */
const withoutGap = (text: string): string => {
  const lines = text.split("\n");
  const gap = lines.findIndex((line) => /^… \(\d+ bytes left out\)$/.test(line));
  return gap < 0 ? text : [...lines.slice(0, Math.max(0, gap - 1)), "…", ...lines.slice(gap + 2)].join("\n");
};

/** Helm's bulleted lists as sentences on one line. */
const sentencesOf = (text: string): string =>
  text
    .replace(/^failed to replace object: /, "failed to replace object, as upgrade.options.force asks: ")
    .replaceAll(/(?<!\d)\d+ errors? occurred:\s*\* /g, "")
    .replaceAll(/:[ \t]*\n\s*(?:[*-] )?/g, ": ")
    .replaceAll(/\s+(?:[*-] )?/g, (gap) => (gap.includes("\n") ? "; " : gap))
    .trim();
