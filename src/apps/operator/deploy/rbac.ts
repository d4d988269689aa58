import { GENERATE } from "../../../armada/api/crd.ts";
import {
  CHART_RIGHTS,
  CHARTS_LABEL,
  CLUSTER_KINDS_RIGHTS,
  DEFINITIONS_RIGHT,
  EDITOR_RIGHTS,
  ESCALATION_RIGHTS,
  OPERATOR,
  OWN_RIGHTS,
  SERVICE_ACCOUNT_RIGHTS,
  type Right,
  VIEWER_RIGHTS,
} from "./rights.ts";

const API = "rbac.authorization.k8s.io";
const CHARTS_ROLE = `${OPERATOR}-charts`;

interface Role {
  readonly kind: "ClusterRole" | "Role";
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly rights: readonly Right[];
}

const list = (items: readonly string[], indent: string): string => items.map((item) => `${indent}- ${item === "" ? '""' : item}\n`).join("");

/** In YAML, with the reason of each rule above it. */
const ruleText = ({ group, resources, verbs, names, why }: Right): string =>
  `  # ${why}\n` +
  `  - apiGroups: [${group === "" ? '""' : group}]\n` +
  `    resources:\n${list(resources, "      ")}` +
  (names === undefined ? "" : `    resourceNames:\n${list(names, "      ")}`) +
  `    verbs: [${verbs.join(", ")}]\n`;

const headText = (kind: string, { name, namespace, labels = {} }: Pick<Role, "name" | "namespace" | "labels">): string => {
  const marks = Object.entries(labels).map(([key, value]) => `    ${key}: "${value}"\n`);
  return (
    `apiVersion: ${API}/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n` +
    (namespace === undefined ? "" : `  namespace: ${namespace}\n`) +
    (marks.length === 0 ? "" : `  labels:\n${marks.join("")}`)
  );
};

const roleText = (role: Role): string => `${headText(role.kind, role)}rules:\n${role.rights.map(ruleText).join("")}`;

/** Filled by the control plane with the rules of every ClusterRole that carries the label; no `rules` here, or each apply would fight over them. */
const aggregatedText = (): string =>
  `${headText("ClusterRole", { name: CHARTS_ROLE })}aggregationRule:\n  clusterRoleSelectors:\n    - matchLabels:\n        ${CHARTS_LABEL}: "true"\n`;

/** Gives the role of that name to the operator's account. */
const bindingText = ({ kind, name, namespace }: Pick<Role, "kind" | "name" | "namespace">): string =>
  headText(`${kind}Binding`, { name, ...(namespace === undefined ? {} : { namespace }) }) +
  `roleRef:\n  apiGroup: ${API}\n  kind: ${kind}\n  name: ${name}\n` +
  `subjects:\n  - kind: ServiceAccount\n    name: ${OPERATOR}\n    namespace: ${OPERATOR}\n`;

const granted = (role: Role): readonly string[] => [roleText(role), bindingText(role)];

/** A ClusterRole that charts gain by its being there. */
const forCharts = (name: string, rights: readonly Right[]): string =>
  roleText({ kind: "ClusterRole", name: `${CHARTS_ROLE}-${name}`, labels: { [CHARTS_LABEL]: "true" }, rights });

/** A ClusterRole that is part of those of Kubernetes for people. */
const forUsers = (name: string, partOf: readonly string[], rights: readonly Right[]): string =>
  roleText({
    kind: "ClusterRole",
    name,
    labels: Object.fromEntries(partOf.map((role) => [`${API}/aggregate-to-${role}`, "true"])),
    rights,
  });

/** The right that whoever scrapes needs: no resource, but a path. */
const metricsReaderText = (): string =>
  `${headText("ClusterRole", { name: `${OPERATOR}-metrics-reader` })}rules:\n  # get /metrics\n  - nonResourceURLs: [/metrics]\n    verbs: [get]\n`;

const { lease, watched, cluster } = OWN_RIGHTS;

const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  "base/lease.yaml": granted({ kind: "Role", name: OPERATOR, namespace: OPERATOR, rights: lease }),
  "rbac.yaml": [
    ...granted({ kind: "ClusterRole", name: OPERATOR, rights: [...watched, ...cluster] }),
    aggregatedText(),
    bindingText({ kind: "ClusterRole", name: CHARTS_ROLE }),
    forCharts("usual", CHART_RIGHTS),
  ],
  "namespaced/watched/rbac.yaml": [
    ...granted({ kind: "Role", name: OPERATOR, rights: watched }),
    ...granted({ kind: "Role", name: CHARTS_ROLE, rights: CHART_RIGHTS }),
  ],
  "namespaced/definitions.yaml": granted({ kind: "ClusterRole", name: `${OPERATOR}-definitions`, rights: [DEFINITIONS_RIGHT] }),
  "optional/cluster-kinds.yaml": [forCharts("cluster-kinds", CLUSTER_KINDS_RIGHTS)],
  "optional/without-namespace.yaml": granted({ kind: "ClusterRole", name: `${OPERATOR}-without-namespace`, rights: cluster }),
  "optional/users.yaml": [
    forUsers("armada-viewer", ["view", "edit", "admin"], VIEWER_RIGHTS),
    forUsers("armada-editor", ["edit", "admin"], EDITOR_RIGHTS),
    metricsReaderText(),
  ],
  "optional/service-accounts.yaml": granted({ kind: "Role", name: `${OPERATOR}-service-accounts`, rights: SERVICE_ACCOUNT_RIGHTS }),
  "optional/escalate.yaml": [forCharts("escalate", ESCALATION_RIGHTS)],
};

/** File name in `deploy/` → text. */
export const rbacFiles = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(DOCUMENTS).map(([file, documents]) => [
      file,
      `# Made from src/apps/operator/deploy/rights.ts by \`${GENERATE}\`; do not edit.\n${documents.join("---\n")}`,
    ]),
  );
