import { expect, test } from "@jest/globals";
import { oneLine, trimEnd } from "../../src/base/text.ts";
import { elideObjects } from "../../src/helm/output/elide.ts";
import { parseFailure, parseRevision } from "../../src/helm/output/parse.ts";
import { redactValues } from "../../src/helm/output/redact.ts";
import { rightsOnce } from "../../src/helm/output/rights-once.ts";
import { parseWarnings } from "../../src/helm/output/warnings.ts";
import { nestedListsIn } from "../../src/helm/output/nested-lists.ts";
import { unservedSentence } from "../../src/helm/output/unserved.ts";
import { hookedIn } from "../../src/helm/output/unknown-hooks.ts";
import { apiErrorFromAnswer } from "../../src/kube/api-errors.ts";
import { missingRights } from "../../src/runtime/missing-rights.ts";
import { gitFailure } from "../../src/sources/git/errors.ts";
import { shownLocation } from "../../src/sources/git/location.ts";
import { parseGitReference, parseRefs } from "../../src/sources/git/reference.ts";
import { heldCharts } from "../../src/sources/chart/held.ts";
import { parseIgnore } from "../../src/sources/chart/ignore.ts";
import { parseChallenge } from "../../src/sources/oci/challenge.ts";
import { parseOciReference } from "../../src/sources/oci/reference.ts";
import { redactUrl } from "../../src/sources/net/remote-url.ts";
import { parseVersion } from "../../src/sources/chart/version.ts";
import { parseRange } from "../../src/sources/chart/version-range.ts";

/** Characters: the square of it is more steps than a CPU makes in {@link MOST_CPU_SECONDS}. */
const LENGTH = 100_000;
const asIs = (text: string): string => text;
/** As the scalars of a template. */
const written = (text: string): string => `kind: a${text}List\nmetadata: {name: a${text}}\nhelm.sh/hook: a${text}\nitems: ${text}\nitems: ${text}`;
const file = (path: string) => ({ path, bytes: new Uint8Array() });

const numbered = (text: string): readonly string[] => Array.from({ length: 20_000 }, (_, index) => `${text}${String(index)}`);
const DIGITS = numbered("").join("").slice(0, 5_000);
/** Each stands where the digits begin. */
const beginningAlike = (text: string): readonly string[] => Array.from({ length: 1_000 }, (_, length) => text + DIGITS.slice(0, length));

/** What reads text that others wrote, outside of parsers of whole formats. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  oneLine,
  trimEnd: (text) => trimEnd(text, "/"),
  "helm's errors": (text) => parseFailure(text, asIs),
  "helm's error, its line": (text) => parseFailure(`Error: INSTALLATION FAILED: ${text}`, asIs),
  "helm's kinds that are not served": (text) => unservedSentence(`unable to build kubernetes objects from release manifest: ${text}`),
  "helm's revision": parseRevision,
  "helm's warnings": (text) => parseWarnings(`WARNING: ${text}\ncoalesce.go:1: warning: ${text}\n${text}`, asIs),
  "objects in helm's errors": elideObjects,
  "rights in helm's errors": rightsOnce,
  "rights that are missing": missingRights,
  "values in helm's errors": (text) => redactValues(text, { a: text, b: text.slice(1), c: "secret", d: ["0123", " 12 "] }),
  "values of many lines in helm's errors": (text) => redactValues(text, { a: numbered(text.slice(0, 40)).join("\n") }),
  "values that begin alike in helm's errors": (text) => redactValues(text.slice(-30_000) + DIGITS, { a: beginningAlike(text.slice(-64)) }),
  "errors of the API server": (text) => apiErrorFromAnswer(500, text, undefined),
  "templates with hooks": (text) => hookedIn({ path: "a", text: written(text) }, { namespace: "n", name: "r" }),
  "templates with lists": (text) => nestedListsIn({ path: "a", text: written(text) }),
  "git's errors": (text) => gitFailure(text),
  "git's references": parseRefs,
  "a git location": shownLocation,
  "a git reference": parseGitReference,
  "names of archives": (text) => heldCharts([file(`charts/${text}.tgz`)], "x"),
  ".helmignore": (text) => parseIgnore(text)("a/b", false),
  "a registry's challenge": (text) => parseChallenge(`Bearer ${text}`),
  "a reference to a registry": (text) => parseOciReference({ location: `oci://a/${text}`, reference: undefined }),
  "the address of a repository": redactUrl,
  "a version": parseVersion,
  "a range of versions": parseRange,
};

const repeated = (part: string, end = ""): string => part.repeat(LENGTH / part.length) + end;

const HOSTILE: Readonly<Record<string, string>> = {
  blanks: repeated(" ", "x"),
  "blanks behind a word": `a${repeated(" ", "b")}`,
  "lines of blanks": repeated(" \n", "x"),
  "empty lines": repeated("\n", "x"),
  letters: repeated("a"),
  digits: repeated("1", "x"),
  "signs of numbers": repeated("1-", "x"),
  slashes: repeated("/", "x"),
  "at signs": repeated("a@"),
  colons: repeated(": ", "x"),
  quotes: repeated('"'),
  backslashes: repeated("\\"),
  brackets: repeated("<a?"),
  "objects that do not end": repeated('Invalid value: "{['),
  "objects of the API server": repeated('is forbidden: User "" ('),
  "names that somebody may not have": repeated('a "b" is forbidden: User "u" cannot get resource "a" in API group "" '),
  "resources of long names": repeated("a.b-c"),
  "names of releases": repeated("release name "),
  "lists of errors": repeated("1 error occurred: "),
  "gaps in output": repeated("… (1 bytes left out)\n"),
  "YAML errors": repeated("cannot unmarshal !!a `"),
  "what differs": repeated("\n@@ -1 +1 @@\n"),
  "warnings of helm": repeated("a (map[\n"),
  "transports of git": repeated("transport 'a"),
  links: repeated("://a:"),
  parameters: repeated('a="b",'),
};

/** Of this process, which others on the machine do not lengthen: what is linear takes half a second at most, the square of the text ten. */
const MOST_CPU_SECONDS = 4;

const cpuSecondsOf = (work: () => unknown): number => {
  const before = process.cpuUsage();
  try {
    work();
  } catch (error) {
    // Refused, which is an end, too; but not for want of a stack.
    expect(String(error)).not.toMatch(/^RangeError/);
  }
  const { user } = process.cpuUsage(before);
  return user / 1e6;
};

test.each(Object.entries(READERS))(
  "reading %s takes time that grows with the text only",
  (_reader, read) => {
    const slow = Object.entries(HOSTILE).filter(([, text]) => cpuSecondsOf(() => read(text)) > MOST_CPU_SECONDS);
    expect(slow.map(([title]) => title)).toEqual([]);
  },
  // Of the clock: however long this process waits for its turn.
  600_000,
);
