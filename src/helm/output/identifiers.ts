import { FIXED_PHRASES } from "./phrases.ts";

/** Part of a text: characters `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const NAME = String.raw`[\w.:-]{1,253}`;
const KIND = String.raw`[A-Za-z][\w-]{0,62}(?:\.[\w.-]{1,253})?`;
const FAULTS = "Invalid value|Required value|Forbidden|Duplicate value|Unsupported value|Not found|Too long|Too many|Internal error";
const of = (...parts: readonly string[]): RegExp => new RegExp(parts.join(""), "gd");

/**
 * Where helm, client-go and the API server name objects, kinds, namespaces and fields; the groups are the names. Every repetition has an end, so
 * that a text of others takes no longer than its length.
 */
const NAMES: readonly RegExp[] = [
  of(`\\b(${KIND}) "(${NAME})" (?:is forbidden: |is invalid: |already exists|not found|was not found|in namespace ")`),
  of(`\\b(?:cannot patch|object named|release named|webhook) "(${NAME})"(?: with kind (${KIND}))?`),
  of(`\\bin (?:the )?namespace "(${NAME})"`),
  of(`\\bcontent in namespace (${NAME}) because\\b`),
  of(`\\bfollowing chart\\(s\\):\\s(${NAME}):\\s`),
  of(`\\b(?:kind|version|API group|resource|subresource|ValidatingAdmissionPolicy|binding) ["']([\\w./-]{1,253})["']`),
  of(`\\bUser "(${NAME})" cannot\\b`),
  of(`\\bname: "(${NAME})" namespace: "(${NAME})?" from\\b`),
  of(`\\bunknown field "([^"\\s]{1,500})"`),
  of(`\\bat '(/[^'\\s]{0,500})': `),
  of(String.raw`(?<![\w.\]-])([A-Za-z]\w{0,100}(?:\.[\w-]{1,100}|\[[^\]\s"]{0,253}\]){0,40}): (?:`, FAULTS, String.raw`)\b`),
  of(`\\b([Jj]ob|[Pp]od) (${NAME}) ?(failed|: timed out)`),
  of(String.raw`\bGo struct field ([\w.]{1,300}) of (type [\w.*[\]]{1,100})`),
  of(String.raw`\bexceeded quota: (${NAME}), (requested): ([^\s]{1,500}), (used): ([^\s]{1,500}), (limited): ([^\s]{1,500})`),
  of("`(spec\\.[\\w.*[\\]]{1,200})`"),
  // Whose object is in helm's way.
  of(`\\bkey "([\\w./-]{1,253})":? must (?:be set to|equal) "(${NAME})"(?:: current value is "(${NAME})")?`),
];

/** Words of helm's own, and of the API server's. */
const WORDS: readonly RegExp[] = [
  of(String.raw`\b(?:at \(|(?=template: ))((?:template: )?[\w.-]{1,253}(?:/[\w.-]{1,253}){1,20})(?=:\d)`),
  of(String.raw`\bexecuting "([\w.-]{1,253}(?:/[\w.-]{1,253}){1,20})"`),
  of(String.raw`\bYAML parse error on ([\w.-]{1,253}(?:/[\w.-]{1,253}){1,20})(?=: )`),
  of(String.raw`\b((?:failed )?(?:pre|post)-(?:install|upgrade|delete|rollback)(?: hooks failed)?)\b`),
  of(String.raw`\b(got (?:string|number|integer|boolean|object|array|null), want [a-z]{4,7}(?: or [a-z]{4,7})?)\b`),
  of(String.raw`\b(Hook (?:pre|post)-[a-z]{1,8} [\w.-]{1,253}(?:/[\w.-]{1,253}){1,20} failed): `),
  of("\\b(BackoffLimitExceeded|DeadlineExceeded)\\b"),
  FIXED_PHRASES,
];

/** What follows is a chart's own sentence, which may quote a value as others quote a name. */
const CHARTS_OWN = /\bexecution error at \(|\berror calling |\berror on /;
/** An admission webhook's, or policy's, of several lines perhaps: up to the next object, of which helm prints one behind the other, or the next bullet. */
const REFUSALS = /\bdenied (?:the )?request: (?:(?! [a-z][\w.]{0,253} "[\w.:-]{1,253}" is forbidden: |\n\s{0,8}\* ).)*/gs;

/** Names of objects, kinds, namespaces, fields and templates in a message, and words that are no value: from left to right; they may overlap. */
export const identifiersIn = (text: string): readonly Span[] => {
  const end = text.search(CHARTS_OWN);
  const own = text.slice(0, end < 0 ? text.length : end).replace(REFUSALS, (refusal) => " ".repeat(refusal.length));
  return [...NAMES.flatMap((pattern) => found(pattern, own)), ...WORDS.flatMap((pattern) => found(pattern, text))].toSorted(
    (one, other) => one.start - other.start,
  );
};

const found = (pattern: RegExp, text: string): readonly Span[] =>
  [...text.matchAll(pattern)].flatMap(({ indices = [] }) =>
    indices.slice(1).flatMap((group: readonly [number, number] | undefined) => (group === undefined ? [] : [{ start: group[0], end: group[1] }])),
  );
