import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../base/process/process.ts";
import { loadKubeConfigApart } from "../../kube/config-apart.ts";
import { startControlPlane } from "../../local/control-plane/boot.ts";
import { createAccount } from "./account.ts";
import { writeEnvironment, type EnvironmentFile } from "./environment-file.ts";
import type { StartOptions } from "./options.ts";
import { clientsOf, kubectlOf, openPlace, repository, type Session, type StartDeps } from "./session.ts";

/** Boots a control plane of this run's own. What was started is stopped when it rejects. `once`: nobody stays to work on it, so no shell is told of it. */
export const openEmbedded = async ({ once }: Pick<StartOptions, "once">, deps: StartDeps, signal: AbortSignal): Promise<Session> => {
  const place = await openPlace(deps, signal);
  const controlPlane = await startControlPlane({ ...place, ...deps }, signal);
  const { kubeconfigPath } = controlPlane;
  try {
    const config = await loadKubeConfigApart({ path: kubeconfigPath }, { run, env: place.env, clock: deps.clock }, signal);
    const clients = clientsOf(config, deps);
    const kubectl = kubectlOf(place, kubeconfigPath);
    const variables = { kubeconfig: kubeconfigPath, kubectlFolder: dirname(place.tools.kubectl) };
    const environment = once ? undefined : await writeEnvironment(variables, { ...place, repository, cwd: deps.cwd });
    const account = join(place.directory, "operator.kubeconfig");
    return {
      ...place,
      ...clients,
      cluster: "Kubernetes on this machine: a control plane and 3 nodes (kwok)",
      kubeconfigPath,
      operatorKubeconfig: async (ended) => {
        await createAccount(account, { controlPlane, kubectl: (args) => kubectl(args, ended) });
        return account;
      },
      namespace: config.namespace,
      kubectl,
      ended: controlPlane.exited.then(({ component, logFile }) => `${component} exited unexpectedly; see its log: ${logFile}`),
      hints: environment === undefined ? HINTS_ONCE : hintsOf(environment, place),
      close: async () => {
        await clients.http.close();
        await controlPlane.stop();
        await Promise.all([rm(account, { force: true }), environment?.remove()]);
      },
    };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
};

const HINTS_ONCE: Session["hints"] = { now: "", meanwhile: "Ctrl-C stops everything", afterwards: "" };

const hintsOf = ({ source }: EnvironmentFile, { directory }: Pick<Session, "directory">): Session["hints"] => ({
  now: `
In another shell:
  ${source}
  kubectl get act,acg,amf -A

Logs of the operator and of every component:
  ${join(directory, "logs")}
Ctrl-C stops everything.`,
  meanwhile: `${source} gives another shell kubectl; Ctrl-C stops everything`,
  afterwards: "",
});
