import { listedOr } from "../../base/text.ts";
import { factsOf, typesThat } from "../../sources/types.ts";
import type { ArmadaChart } from "./chart.ts";
import { validateSpec } from "./validate.ts";

/** A field whose value asks for what cannot be done, or is not built yet: an object that has it is not acted upon. */
interface Refusal {
  readonly path: string;
  /** One sentence with field, value and remedy, or undefined when the object may go on. */
  readonly refuse: (chart: ArmadaChart) => string | undefined;
}

/** `ssh://…`, or `user@host:path`, which has no scheme. */
const isSsh = (location: string): boolean => /^ssh:\/\//i.test(location) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(location);

const overSsh = typesThat(({ credentials }) => credentials.includes("ssh"));

/** The location says how to connect, and the Secret as whom; a source over ssh refuses a Secret without a key by itself. */
const authMethod = ({ spec: { source } }: ArmadaChart): string | undefined => {
  const { auth_method: method = "", type, location } = source;
  if (method === "") return undefined;
  const value = `spec.source.auth_method is ${JSON.stringify(method)}`;
  if (method.toUpperCase() !== "SSH")
    return `${value}, but it must be SSH or absent: remove it, and put a user and password, or a token, in the Secret that spec.source.secret_ref names.`;
  return factsOf(type).credentials.includes("ssh") && isSsh(location)
    ? undefined
    : `${value}, but the source is not a git repository over ssh: remove it, or use spec.source.type ${listedOr(overSsh)} and a location ssh://user@host/path or user@host:path.`;
};

const REFUSED: readonly Refusal[] = [{ path: "source.auth_method", refuse: authMethod }];

/** Dotted paths, below `spec`, of chart fields that can be refused. */
export const REFUSED_CHART_FIELDS: readonly string[] = REFUSED.map(({ path }) => path);

/** Terminal sentences, one a field; empty when the chart may be acted upon. */
export const refusals = (chart: ArmadaChart): readonly string[] => REFUSED.flatMap(({ refuse }) => refuse(chart) ?? []);

/** Terminal sentence for a chart whose spec breaks a rule or cannot be carried out: nobody acts upon it, or reads what it names. */
export const problemOf = (chart: ArmadaChart): string | undefined => validateSpec(chart.kind, chart)[0] ?? refusals(chart)[0];

/** Terminal sentence for a chart whose release would live where this operator may not, or cannot see it. */
export const namespaceRefusal = (
  { spec, metadata }: ArmadaChart,
  { crossNamespace, watched }: { readonly crossNamespace: boolean; readonly watched: readonly string[] },
): string | undefined => {
  const { namespace } = spec;
  if (namespace === undefined || namespace === "" || namespace === metadata.namespace) return undefined;
  if (!crossNamespace)
    return `spec.namespace is "${namespace}", and releases in other namespaces than their ArmadaChart's, here "${metadata.namespace ?? ""}", are off: start the operator with --cross-namespace=allow, or create the object in "${namespace}".`;
  return watched.length === 0 || watched.includes(namespace)
    ? undefined
    : `spec.namespace is "${namespace}", which is not among the namespaces that --watch-namespaces names: add it there, or choose another.`;
};

/**
 * Terminal sentence for a chart whose release may not be written with the rights of the account that it would have. `own`: namespaces of the
 * operator, in which its accounts and Secrets are.
 */
export const accountRefusal = (
  { spec, metadata }: ArmadaChart,
  { defaultServiceAccount, own }: { readonly defaultServiceAccount: string | undefined; readonly own: readonly string[] },
): string | undefined => {
  const { service_account: account } = spec;
  const namespace = spec.namespace || metadata.namespace || "";
  if (defaultServiceAccount === undefined && account !== undefined)
    return `spec.service_account is "${account}", and this operator deploys every chart with its own rights: start it with --default-service-account, or remove the field.`;
  if (!own.includes(namespace)) return undefined;
  const where = `the release would be in namespace "${namespace}", that of the operator`;
  if (defaultServiceAccount !== undefined) return `${where}, whose accounts no chart may use: choose another namespace.`;
  return own.includes(metadata.namespace ?? "")
    ? undefined
    : `${where}, and charts of other namespaces, here "${metadata.namespace ?? ""}", may not write there: choose another namespace.`;
};
