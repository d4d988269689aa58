import { join } from "node:path";
import { writeKubeconfig } from "../../local/control-plane/credentials.ts";
import { OPERATOR } from "../operator/deploy/rights.ts";
import { repository } from "./session.ts";

/** Of `deploy/`: what stands between the operator and the API server, the operator itself aside. */
const FILES = ["base/namespace.yaml", "base/service-account.yaml", "base/lease.yaml", "base/flow-schema.yaml", "rbac.yaml"];
/** Longer than anybody leaves a local cluster running: nothing renews the token. */
const TOKEN_LIFE = "8760h";

export interface AccountDeps {
  readonly controlPlane: { readonly server: string; readonly ca: string };
  /** As administrator. */
  readonly kubectl: (args: readonly string[]) => Promise<string>;
}

/**
 * Gives the operator the account and the rights of `deploy/`, as on any cluster, and writes a kubeconfig with the account's token to `file`,
 * readable by the owner only. Needs kube-controller-manager, which fills the role of what charts may contain.
 */
export const createAccount = async (file: string, deps: AccountDeps): Promise<void> => {
  await deps.kubectl(["apply", "--server-side", ...FILES.flatMap((name) => ["-f", join(repository, "deploy", name)])]);
  await Promise.all([writeAccount(file, deps), deps.kubectl(["wait", "--for=jsonpath={.rules}", "--timeout=30s", `clusterrole/${OPERATOR}-charts`])]);
};

/** The kubeconfig alone, for an account that is there. */
export const writeAccount = async (file: string, { controlPlane: { server, ca }, kubectl }: AccountDeps): Promise<void> => {
  const token = await kubectl(["-n", OPERATOR, "create", "token", OPERATOR, "--duration", TOKEN_LIFE]);
  await writeKubeconfig(file, { server, ca, token, user: OPERATOR, namespace: OPERATOR });
};
