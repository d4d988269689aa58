import type { Right } from "./rights.ts";

export const RBAC_API = "rbac.authorization.k8s.io";
const RBAC_VERSION = `${RBAC_API}/v1`;

export type RoleKind = "ClusterRole" | "Role";

interface Head {
  /** Default: that of roles. */
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Role extends Head {
  readonly kind: RoleKind;
  readonly rights: readonly Right[];
}

/** A ServiceAccount; without a namespace: to be filled in by kustomize. */
export interface Subject {
  readonly name: string;
  readonly namespace?: string;
}

const WORDS = new Set(["null", "true", "false", "yes", "no", "on", "off", "y", "n"]);

/** A name, names with commas between, or a version, as YAML reads it: in quotes where it would be something else. */
export const scalar = (text: string): string =>
  (/^[a-z][a-z0-9.,-]*$/.test(text) && !WORDS.has(text)) || /^\d+\.\d+\.\d+$/.test(text) ? text : JSON.stringify(text);

const list = (items: readonly string[], indent: string): string => items.map((item) => `${indent}- ${item === "" ? '""' : item}\n`).join("");

/** In YAML, with the reason of each rule above it. */
const ruleText = ({ group, resources, verbs, names, why }: Right): string =>
  `  # ${why}\n` +
  `  - apiGroups: [${group === "" ? '""' : group}]\n` +
  `    resources:\n${list(resources, "      ")}` +
  (names === undefined ? "" : `    resourceNames:\n${list(names, "      ")}`) +
  `    verbs: [${verbs.join(", ")}]\n`;

export const headText = ({ apiVersion = RBAC_VERSION, kind, name, namespace, labels = {} }: Head): string => {
  const marks = Object.entries(labels).map(([key, value]) => `    ${key}: "${value}"\n`);
  return (
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${scalar(name)}\n` +
    (namespace === undefined ? "" : `  namespace: ${scalar(namespace)}\n`) +
    (marks.length === 0 ? "" : `  labels:\n${marks.join("")}`)
  );
};

export const roleText = (role: Role): string => `${headText(role)}rules:\n${role.rights.map(ruleText).join("")}`;

/** Filled by the control plane with the rules of every ClusterRole that carries the label; no `rules` here, or each apply would fight over them. */
export const aggregatedText = (name: string, label: string): string =>
  `${headText({ kind: "ClusterRole", name })}aggregationRule:\n  clusterRoleSelectors:\n    - matchLabels:\n        ${label}: "true"\n`;

/** Gives a role to an account: everywhere, or with a RoleBinding where that is. */
export const bindingText = (binding: Head & { readonly role: Pick<Role, "kind" | "name">; readonly to: Subject }): string =>
  headText(binding) +
  `roleRef:\n  apiGroup: ${RBAC_API}\n  kind: ${binding.role.kind}\n  name: ${scalar(binding.role.name)}\n` +
  `subjects:\n  - kind: ServiceAccount\n    name: ${binding.to.name}\n` +
  (binding.to.namespace === undefined ? "" : `    namespace: ${scalar(binding.to.namespace)}\n`);

/** The role, and a binding of its name. */
export const granted = (role: Role, to: Subject): readonly string[] => {
  const { kind, name, namespace } = role;
  return [roleText(role), bindingText({ kind: `${kind}Binding`, name, ...(namespace === undefined ? {} : { namespace }), role, to })];
};
