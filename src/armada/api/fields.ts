import { z } from "zod";

/** A CEL rule as `x-kubernetes-validations` holds it. `fieldPath` is relative to the schema the rule stands on. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

/** Extension keys that `crd.ts` reads back; zod carries them through `.meta()`. */
export const PRESERVE = "x-kubernetes-preserve-unknown-fields";
export const VALIDATIONS = "x-kubernetes-validations";

/** Longest name of a Kubernetes object. */
export const NAME_MAX = 253;

/** The largest duration a field takes, in seconds: 68 years, which Go's and helm's durations still hold. */
const SECONDS_MAX = 2_147_483_647;

/** Free text of a person or a program. `max` bounds what CEL compares and what status holds. */
export const text = (description: string, max?: number) => (max === undefined ? z.string() : z.string().max(max)).describe(description);

/** Text that may not be empty, at most `max` characters. */
export const filled = (description: string, max: number) => z.string().min(1).max(max).describe(description);

/** Text that must match `pattern`, which Go's RE2 must understand too. `message` names the field and the remedy; people never see the pattern. */
export const matching = (description: string, options: { readonly max: number; readonly pattern: string; readonly message: string }) => {
  const rule: CelRule = { rule: `self.matches(r'${options.pattern}')`, message: options.message };
  return z
    .string()
    .max(options.max)
    .regex(new RegExp(options.pattern, "u"), options.message)
    .meta({ description, [VALIDATIONS]: [rule] });
};

/** Integer of the given Go width, not negative unless `min` says otherwise. */
export const integer = (description: string, options: { readonly format: "int32" | "int64"; readonly min?: number; readonly max?: number }) => {
  const { format, min = 0, max = SECONDS_MAX } = options;
  return z.int().min(min).max(max).meta({ description, format });
};

/** A duration in whole seconds. */
export const seconds = (description: string, min = 0) => integer(description, { format: "int64", min });

export const flag = (description: string) => z.boolean().describe(description);

/** RFC 3339. */
export const time = (description: string) => z.string().meta({ description, format: "date-time" });

/**
 * An object the API server keeps whole and does not look into. null is none: a key without a value in YAML, and what the API server itself
 * makes of `{}` when a server-side apply takes the last field away.
 */
export const opaque = (description: string) =>
  z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description, [PRESERVE]: true });

/** Labels as a selector of equalities. */
export const labels = (description: string) => z.record(z.string(), z.string()).describe(description);

/** Names of other objects, in order. */
export const names = (description: string, of: string) =>
  z
    .array(filled(`Name of an ${of}.`, NAME_MAX))
    .max(1000)
    .describe(description);
