import { namespacedRoles, tenantRoles } from "./flavours.ts";
import { scalar } from "./rbac-text.ts";
import { OPERATOR } from "./rights.ts";
import { DEPLOYER } from "./tenant-rights.ts";

/** An operator for some namespaces, as a folder for kustomize over `deploy/base`. */
export interface Overlay {
  readonly flavour: "namespaced" | "tenants";
  /** That are watched; at least one. */
  readonly namespaces: readonly string[];
  /** Of the operator's account and Lease. */
  readonly operatorNamespace: string;
  /** NAME:TAG, or NAME@DIGEST. */
  readonly image: string;
  /** Path from the folder to `deploy/`. */
  readonly deploy: string;
  /** Comment at the top of each file. */
  readonly madeBy: string;
}

const FLAVOURS = {
  namespaced: {
    roles: namespacedRoles,
    env: { ARMADA_CLUSTER_SCOPED: "allow", ARMADA_CROSS_NAMESPACE: "allow" },
    about: [
      "One team, in some namespaces, which must exist: Roles there, and two ClusterRoles, which read the operator's own three definitions (without them nothing",
      "is removed) and Leases of other operators. What else Roles cannot give is in optional/without-namespace.yaml.",
    ],
  },
  tenants: {
    roles: tenantRoles,
    env: { ARMADA_DEFAULT_SERVICE_ACCOUNT: DEPLOYER },
    about: [
      `Tenants, each in a namespace, which must exist: charts have the rights of ServiceAccount ${DEPLOYER} there. The operator itself reads`,
      "what they contain, and writes its own objects and release Secrets.",
    ],
  },
} as const;

/** File name in the folder → text. */
export const overlayFiles = (overlay: Overlay): ReadonlyMap<string, string> => {
  const { flavour, namespaces, operatorNamespace, deploy, madeBy } = overlay;
  const roles = FLAVOURS[flavour].roles(operatorNamespace);
  const files: (readonly [string, string])[] = [
    ["kustomization.yaml", kustomizationText(overlay)],
    ["cluster.yaml", roles.cluster.join("---\n")],
    [
      "watched/kustomization.yaml",
      "# The rights in one watched namespace; the kustomization that takes it says in which.\nresources:\n  - rbac.yaml\n",
    ],
    ["watched/rbac.yaml", roles.watched.join("---\n")],
    ...namespaces.map((name) => [`namespaces/${name}/kustomization.yaml`, `namespace: ${scalar(name)}\nresources:\n  - ../../watched\n`] as const),
    ...(isOwn(operatorNamespace)
      ? []
      : [["operator/kustomization.yaml", `namespace: ${scalar(operatorNamespace)}\nresources:\n  - ../${deploy}/base\n`] as const]),
  ];
  return new Map(files.map(([file, text]) => [file, `# ${madeBy}\n${text}`]));
};

/** What other operators have names of their own for, and definitions, which all share, are the first one's. */
const isOwn = (operatorNamespace: string): boolean => operatorNamespace === OPERATOR;

const kustomizationText = ({ flavour, namespaces, operatorNamespace, image, deploy }: Overlay): string => {
  const { about, env } = FLAVOURS[flavour];
  const resources = [
    ...(isOwn(operatorNamespace) ? [`${deploy}/../crds`, `${deploy}/base`] : ["operator"]),
    "cluster.yaml",
    ...namespaces.map((name) => `namespaces/${name}`),
  ];
  const variables = Object.entries({ ARMADA_WATCH_NAMESPACES: namespaces.join(","), ...env });
  return (
    about.map((line) => `# ${line}\n`).join("") +
    `resources:\n${resources.map((path) => `  - ${path}\n`).join("")}` +
    `patches:\n${patchText("Deployment", variables.map(variableText))}` +
    (isOwn(operatorNamespace) ? "" : renamesText(operatorNamespace)) +
    `images:\n  - name: ${OPERATOR}\n${imageText(image)}`
  );
};

const patchText = (kind: string, operations: readonly string[], options = ""): string =>
  `  - target:\n      kind: ${kind}\n${options}    patch: |\n${operations.map((text) => text.replace(/^/gm, "      ")).join("\n")}\n`;

const variableText = ([name, value]: readonly [string, string]): string =>
  `- op: add\n  path: /spec/template/spec/containers/0/env/-\n  value:\n    name: ${name}\n    value: ${scalar(value)}`;

const replaceText = (path: string, value: string): string => `- op: replace\n  path: ${path}\n  value: ${value}`;

/** Names without a namespace are those of one operator each. */
const renamesText = (name: string): string => {
  const options = "    options:\n      allowNameChange: true\n";
  return (
    patchText("Deployment", [replaceText("/spec/template/spec/priorityClassName", scalar(name))]) +
    patchText("PriorityClass", [replaceText("/metadata/name", scalar(name))], options) +
    patchText(
      "FlowSchema",
      [replaceText("/metadata", `{ name: ${name}-leases }`), replaceText("/spec/rules/0/subjects/0/serviceAccount/namespace", scalar(name))],
      options,
    )
  );
};

const imageText = (image: string): string => {
  const [, name = image, separator, version = ""] = /^(.*?)([:@])([^:@/]+|sha256:[0-9a-f]+)$/.exec(image) ?? [];
  const key = separator === "@" ? "digest" : "newTag";
  return (name === OPERATOR ? "" : `    newName: ${scalar(name)}\n`) + (version === "" ? "" : `    ${key}: ${scalar(version)}\n`);
};
