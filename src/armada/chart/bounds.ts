import type { NamedObject, Refuse, ReleaseRef } from "../../helm/driver.ts";
import { RELEASE_SECRET } from "../../helm/release.ts";
import { type ServiceAccount, userOf } from "../../runtime/account.ts";
import type { ArmadaChart } from "../api/chart.ts";
import { fieldsOf, listOf, textOf } from "../readiness/fields.ts";

export interface BoundsRules {
  /** Charts may contain, and look up, objects of other namespaces than their release's. */
  readonly crossNamespace: boolean;
  /** Charts may contain objects without a namespace. */
  readonly clusterScoped: boolean;
  /** Namespaces of the operator: of its account, and of its Lease. */
  readonly own: readonly string[];
}

/** As the namespace of what is looked up in all of them. */
export const EVERYWHERE = "*";

const ACCOUNTS = "or with --default-service-account, so that charts have the rights of an account of their namespace";

/**
 * What may be touched for a chart, before the API server is asked. One that is deployed with the rights of an account may do what that account
 * may, and nothing to the operator.
 */
export const boundsOf = (
  { metadata }: Pick<ArmadaChart, "metadata">,
  { namespace: home }: ReleaseRef,
  account: ServiceAccount | undefined,
  rules: BoundsRules,
): Refuse => {
  // Where charts have the operator's rights, one beside the operator takes nothing that its author could not have otherwise.
  const closed = account === undefined && rules.own.includes(metadata.namespace ?? "") ? [] : rules.own;
  return (object, act, body = {}) => {
    const { kind, name, namespace } = object;
    const what = `${kind} "${name}"`;
    if (act === "write") {
      const taken = operators(object, closed) ?? ofHelm(object, body) ?? naming(object, body, closed);
      if (taken !== undefined) return `${what} ${taken}`;
    }
    if (account !== undefined) return undefined;
    const where = namespace === EVERYWHERE ? `${kind} is looked up in every namespace` : `${what} is in namespace "${namespace ?? ""}"`;
    if (namespace !== undefined && namespace !== home && !rules.crossNamespace)
      return `${where}, and charts whose release is in "${home}" may contain and look up objects of "${home}" only: start the operator with --cross-namespace=allow, ${ACCOUNTS}`;
    return namespace === undefined && act === "write" && !rules.clusterScoped
      ? `${what} is cluster-scoped, and charts may not contain such objects: start the operator with --cluster-scoped=allow, ${ACCOUNTS}`
      : undefined;
  };
};

const operators = ({ kind, namespace, name }: NamedObject, closed: readonly string[]): string | undefined => {
  if (namespace !== undefined && closed.includes(namespace))
    return `is in namespace "${namespace}", that of the operator, where no chart may write: remove it from the chart`;
  return kind === "Namespace" && namespace === undefined && closed.includes(name)
    ? "is that of the operator, and belongs to no chart: remove it from the chart"
    : undefined;
};

/** A record that helm did not write says what it likes, and whoever goes on from it believes that. */
const ofHelm = ({ kind }: NamedObject, { type }: Readonly<Record<string, unknown>>): string | undefined =>
  kind === "Secret" && type === RELEASE_SECRET
    ? `has type ${RELEASE_SECRET}, and records of releases are written by helm itself: remove it from the chart`
    : undefined;

/** A binding that gives rights to an account of the operator, which others may use then by way of it. */
const naming = ({ kind }: NamedObject, { subjects }: Readonly<Record<string, unknown>>, closed: readonly string[]): string | undefined => {
  if (kind !== "RoleBinding" && kind !== "ClusterRoleBinding") return undefined;
  const subject = listOf(subjects)
    .map((each) => fieldsOf(each))
    .find((each) => closed.some((namespace) => isAccountIn(namespace, each)));
  if (subject === undefined) return undefined;
  return `names ${textOf(subject["kind"]) ?? ""} "${textOf(subject["name"]) ?? ""}", an account of the operator, to which no chart may give rights: remove the subject`;
};

const isAccountIn = (namespace: string, { kind, ...subject }: Readonly<Record<string, unknown>>): boolean => {
  if (kind === "ServiceAccount") return subject["namespace"] === namespace;
  const name = textOf(subject["name"]) ?? "";
  return kind === "Group" ? name === `system:serviceaccounts:${namespace}` : name.startsWith(userOf({ namespace, name: "" }));
};
