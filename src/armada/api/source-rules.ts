import { listedOr } from "../../base/text.ts";
import { type SourceType, typesThat } from "../../sources/types.ts";
import type { CelRule } from "./fields.ts";

/** What the rules look at. */
interface SourceFields {
  readonly type: SourceType;
  readonly reference?: string | undefined;
  readonly chart?: string | undefined;
  readonly version?: string | undefined;
  readonly verify?: { readonly provider: string } | undefined;
}

/** One rule, for the API server and for what was stored before it knew the rule. */
interface SourceRule {
  readonly holds: (source: SourceFields) => boolean;
  readonly rule: string;
  /** Below `spec.source`. */
  readonly field: readonly ["chart"] | readonly ["version"] | readonly ["verify"] | readonly ["verify", "provider"];
  /** Begins with what the field must be. */
  readonly message: string;
}

/** Empty text is as good as none. */
const given = (text: string | undefined): boolean => text !== undefined && text !== "";
const has = (field: string): string => `(has(self.${field}) && self.${field} != '')`;

/** `self.type` is one of these, in CEL. */
const isAmong = (types: readonly SourceType[]): string => `self.type in [${types.map((type) => `'${type}'`).join(", ")}]`;

const NAMED = typesThat(({ named }) => named);
const VERSIONED = typesThat(({ versions }) => versions);
/** They take a reference or a version, and not both. */
const EITHER = typesThat(({ references, versions }) => references && versions);
const SIGNED = typesThat(({ signedBy }) => signedBy.length > 0);
const SIGNED_BESIDE = typesThat(({ signedBy }) => signedBy.length > 0 && !signedBy.includes("cosign"));

/** Fields that mean something for some types of source only. Those that real documents have always had (`reference`, `subpath`) are not among them. */
const RULES: readonly SourceRule[] = [
  {
    field: ["chart"],
    holds: ({ type, chart }) => !NAMED.includes(type) || given(chart),
    rule: `!(${isAmong(NAMED)}) || ${has("chart")}`,
    message: `must name a chart of the Helm repository, because spec.source.type is ${listedOr(NAMED)}`,
  },
  {
    field: ["chart"],
    holds: ({ type, chart }) => NAMED.includes(type) || !given(chart),
    rule: `${isAmong(NAMED)} || !${has("chart")}`,
    message: `must be absent unless spec.source.type is ${listedOr(NAMED)}: only a Helm repository has charts by name`,
  },
  {
    field: ["version"],
    holds: ({ type, version }) => VERSIONED.includes(type) || !given(version),
    rule: `${isAmong(VERSIONED)} || !${has("version")}`,
    message: `must be absent unless spec.source.type is ${listedOr(VERSIONED)}: git takes spec.source.reference, a folder or an archive is one version`,
  },
  {
    field: ["version"],
    holds: ({ type, reference, version }) => !EITHER.includes(type) || !given(reference) || !given(version),
    rule: `!(${isAmong(EITHER)}) || !${has("reference")} || !${has("version")}`,
    message: "must be absent where spec.source.reference says which chart of the registry is meant",
  },
  {
    field: ["verify"],
    holds: ({ type, verify }) => verify === undefined || SIGNED.includes(type),
    rule: `!has(self.verify) || ${isAmong(SIGNED)}`,
    message: `must be absent unless spec.source.type is ${listedOr(SIGNED)}: nothing else is signed`,
  },
  {
    field: ["verify", "provider"],
    holds: ({ type, verify }) => !SIGNED_BESIDE.includes(type) || verify?.provider !== "cosign",
    rule: `!(${isAmong(SIGNED_BESIDE)}) || !has(self.verify) || self.verify.provider != 'cosign'`,
    message: `must be provenance where spec.source.type is ${listedOr(SIGNED_BESIDE)}: cosign signs in registries only`,
  },
];

const fieldOf = ({ field }: SourceRule): string => ["spec", "source", ...field].join(".");

export const SOURCE_VALIDATIONS: readonly CelRule[] = RULES.map((one) => ({
  rule: one.rule,
  fieldPath: `.${one.field.join(".")}`,
  message: `${fieldOf(one)} ${one.message}`,
}));

/** Path, below `spec.source`, and message of each rule that does not hold. */
export const brokenRules = (source: SourceFields): readonly { readonly path: string[]; readonly message: string }[] =>
  RULES.filter(({ holds }) => !holds(source)).map(({ field, message }) => ({ path: [...field], message }));
