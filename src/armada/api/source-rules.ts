import type { CelRule } from "./fields.ts";

/** What the rules look at. */
interface SourceFields {
  readonly type: string;
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

/** Fields that mean something for some types of source only. Those that real documents have always had (`reference`, `subpath`) are not among them. */
const RULES: readonly SourceRule[] = [
  {
    field: ["chart"],
    holds: ({ type, chart }) => type !== "repo" || given(chart),
    rule: `self.type != 'repo' || ${has("chart")}`,
    message: "must name a chart of the Helm repository, because spec.source.type is repo",
  },
  {
    field: ["chart"],
    holds: ({ type, chart }) => type === "repo" || !given(chart),
    rule: `self.type == 'repo' || !${has("chart")}`,
    message: "must be absent unless spec.source.type is repo: only a Helm repository has charts by name",
  },
  {
    field: ["version"],
    holds: ({ type, version }) => ["repo", "oci"].includes(type) || !given(version),
    rule: `self.type in ['repo', 'oci'] || !${has("version")}`,
    message: "must be absent unless spec.source.type is repo or oci: git takes spec.source.reference, a folder or an archive is one version",
  },
  {
    field: ["version"],
    holds: ({ type, reference, version }) => type !== "oci" || !given(reference) || !given(version),
    rule: `self.type != 'oci' || !${has("reference")} || !${has("version")}`,
    message: "must be absent where spec.source.reference says which chart of the registry is meant",
  },
  {
    field: ["verify"],
    holds: ({ type, verify }) => verify === undefined || ["tar", "repo", "oci"].includes(type),
    rule: "!has(self.verify) || self.type in ['tar', 'repo', 'oci']",
    message: "must be absent unless spec.source.type is tar, repo or oci: nothing else is signed",
  },
  {
    field: ["verify", "provider"],
    holds: ({ type, verify }) => type !== "tar" || verify?.provider !== "cosign",
    rule: "self.type != 'tar' || !has(self.verify) || self.verify.provider != 'cosign'",
    message: "must be provenance where spec.source.type is tar: cosign signs in registries only",
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
