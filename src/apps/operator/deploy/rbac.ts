import { GENERATE } from "../../../armada/api/crd.ts";
import { aggregated } from "./flavours.ts";
import { overlayFiles, type Overlay } from "./overlay.ts";
import { bindingText, granted, headText, RBAC_API, roleText, type Role } from "./rbac-text.ts";
import {
  CHART_RIGHTS,
  CHARTS_LABEL,
  CLUSTER_KINDS_RIGHTS,
  EDITOR_RIGHTS,
  ESCALATION_RIGHTS,
  OPERATOR,
  OWN_RIGHTS,
  SERVICE_ACCOUNT_RIGHTS,
  SHARDS_RIGHTS,
  type Right,
  VIEWER_RIGHTS,
} from "./rights.ts";

const account = { name: OPERATOR, namespace: OPERATOR };
const chartsRole: Pick<Role, "kind" | "name"> = { kind: "ClusterRole", name: `${OPERATOR}-charts` };

/** A ClusterRole that charts gain by its being there. */
const forCharts = (name: string, rights: readonly Right[]): string =>
  roleText({ ...chartsRole, name: `${chartsRole.name}-${name}`, labels: { [CHARTS_LABEL]: "true" }, rights });

/** A ClusterRole that is part of those of Kubernetes for people. */
const forUsers = (name: string, partOf: readonly string[], rights: readonly Right[]): string =>
  roleText({
    kind: "ClusterRole",
    name,
    labels: Object.fromEntries(partOf.map((role) => [`${RBAC_API}/aggregate-to-${role}`, "true"])),
    rights,
  });

/** The right that whoever scrapes needs: no resource, but a path. */
const metricsReaderText = (): string =>
  `${headText({ kind: "ClusterRole", name: `${OPERATOR}-metrics-reader` })}rules:\n  # get /metrics\n  - nonResourceURLs: [/metrics]\n    verbs: [get]\n`;

const { lease, watched, cluster } = OWN_RIGHTS;

const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  "base/lease.yaml": granted({ kind: "Role", name: OPERATOR, namespace: OPERATOR, rights: lease }, account),
  "rbac.yaml": [
    ...granted({ kind: "ClusterRole", name: OPERATOR, rights: [...watched, ...cluster] }, account),
    ...aggregated(chartsRole, CHARTS_LABEL, CHART_RIGHTS),
    bindingText({ kind: "ClusterRoleBinding", name: chartsRole.name, role: chartsRole, to: account }),
  ],
  "optional/cluster-kinds.yaml": [forCharts("cluster-kinds", CLUSTER_KINDS_RIGHTS)],
  "optional/without-namespace.yaml": granted({ kind: "ClusterRole", name: `${OPERATOR}-without-namespace`, rights: cluster }, account),
  "optional/users.yaml": [
    forUsers("armada-viewer", ["view", "edit", "admin"], VIEWER_RIGHTS),
    forUsers("armada-editor", ["edit", "admin"], EDITOR_RIGHTS),
    metricsReaderText(),
  ],
  "optional/service-accounts.yaml": granted({ kind: "Role", name: `${OPERATOR}-service-accounts`, rights: SERVICE_ACCOUNT_RIGHTS }, account),
  "optional/shards.yaml": granted({ kind: "Role", name: `${OPERATOR}-shards`, namespace: OPERATOR, rights: SHARDS_RIGHTS }, account),
  "optional/escalate.yaml": [forCharts("escalate", ESCALATION_RIGHTS)],
};

const HEAD = `Made from src/apps/operator/deploy/rights.ts by \`${GENERATE}\`; do not edit.`;

/** Examples of overlays, beside `deploy/base`. */
const EXAMPLES: Readonly<Record<Overlay["flavour"], Pick<Overlay, "namespaces">>> = {
  namespaced: { namespaces: ["site"] },
  tenants: { namespaces: ["team-a", "team-b"] },
};

/** File name in `deploy/` → text. `image`: of the operator. */
export const rbacFiles = (image: string): ReadonlyMap<string, string> => {
  const files = new Map(Object.entries(DOCUMENTS).map(([file, documents]) => [file, `# ${HEAD}\n${documents.join("---\n")}`]));
  for (const flavour of ["namespaced", "tenants"] as const) {
    const example = { ...EXAMPLES[flavour], flavour, operatorNamespace: OPERATOR, image, deploy: "..", madeBy: `An example. ${HEAD}` };
    for (const [file, text] of overlayFiles(example)) files.set(`${flavour}/${file}`, text);
  }
  return files;
};
