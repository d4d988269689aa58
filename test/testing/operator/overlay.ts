import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fieldsOf, listOf, textsOf } from "../../../src/armada/readiness/fields.ts";
import { OPERATOR } from "../../../src/apps/operator/deploy/rights.ts";
import { parseYamlDocuments } from "../../../src/base/json/yaml.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { writeKubeconfig } from "../../../src/local/control-plane/credentials.ts";
import type { Cluster } from "./cluster.ts";
import { repository, type OperatorOptions } from "./operator.ts";

/** What `npm run overlay` makes, applied. */
export interface AppliedOverlay {
  /** What was applied, for `kubectl -f`. */
  readonly file: string;
  /** The account that the manifests make, and the variables of their Deployment. */
  readonly options: Required<Pick<OperatorOptions, "kubeconfig" | "env">>;
}

export interface OverlayOptions {
  readonly flavour: "namespaced" | "tenants";
  /** They must exist. */
  readonly namespaces: readonly string[];
  /** Default: that of `deploy/`. */
  readonly operatorNamespace?: string;
}

/** As an administrator does it by the words of docs/deploy.md. Resolves when the rights count. */
export const applyOverlay = async (
  cluster: Cluster,
  { flavour, namespaces, operatorNamespace = OPERATOR }: OverlayOptions,
): Promise<AppliedOverlay> => {
  const folder = join(cluster.directory, `overlay-${operatorNamespace}`);
  const flags = ["--folder", folder, "--flavour", flavour, "--watch-namespaces", namespaces.join(","), "--operator-namespace", operatorNamespace];
  const limits = { timeoutMs: 30_000, graceMs: 1000, maxOutputBytes: 100_000, parentDeathSignal: true };
  const command = ["--", join(repository, "scripts/overlay.ts"), ...flags];
  const made = await run(process.execPath, command, { env: ownEnvironment(), cwd: repository, ...limits }, new AbortController().signal);
  if (made.exitCode !== 0) throw new Error(`npm run overlay -- ${flags.join(" ")}: ${made.failedToStart ?? made.stderr}`);

  const text = await cluster.kubectl(["kustomize", folder]);
  const file = `${folder}.yaml`;
  await writeFile(file, text);
  await cluster.kubectl(["apply", "--server-side", "-f", file]);
  const roles = flavour === "tenants" ? ["charts", "charts-read"].map((name) => `clusterrole/${operatorNamespace}-${name}`) : [];
  if (roles.length > 0) await cluster.kubectl(["wait", "--for=jsonpath={.rules}", "--timeout=30s", ...roles]);

  const kubeconfig = `${folder}.kubeconfig`;
  const { server, ca } = cluster.controlPlane;
  const token = await cluster.kubectl(["-n", operatorNamespace, "create", "token", OPERATOR]);
  await writeKubeconfig(kubeconfig, { server, ca, token, user: OPERATOR, namespace: operatorNamespace });
  return { file, options: { kubeconfig, env: environmentOf(text) } };
};

/** That of the Deployment; addresses are the test's own, by flags. */
const environmentOf = (text: string): Readonly<Record<string, string>> => {
  const deployment = fieldsOf(parseYamlDocuments(text).find((object) => fieldsOf(object)["kind"] === "Deployment"));
  const { spec } = fieldsOf(fieldsOf(deployment["spec"])["template"]);
  const [container] = listOf(fieldsOf(spec)["containers"]);
  return Object.fromEntries(
    listOf(fieldsOf(container)["env"])
      .map(textsOf)
      .map(({ name = "", value = "" }) => [name, value]),
  );
};
