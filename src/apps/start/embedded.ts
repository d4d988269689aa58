import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../base/process/process.ts";
import { loadKubeConfigApart } from "../../kube/config-apart.ts";
import { startControlPlane, type ControlPlane } from "../../local/control-plane/boot.ts";
import { createAccount } from "./account.ts";
import { clientsOf, kubectlOf, openPlace, type Session, type StartDeps } from "./session.ts";

/** Boots a control plane of this run's own. What was started is stopped when it rejects. */
export const openEmbedded = async (deps: StartDeps, signal: AbortSignal): Promise<Session> => {
  const place = await openPlace(deps, signal);
  const controlPlane = await startControlPlane({ ...place, ...deps }, signal);
  const { kubeconfigPath } = controlPlane;
  try {
    const config = await loadKubeConfigApart({ path: kubeconfigPath }, { run, env: place.env, clock: deps.clock }, signal);
    const clients = clientsOf(config, deps);
    const kubectl = kubectlOf(place, kubeconfigPath);
    const account = join(place.directory, "operator.kubeconfig");
    return {
      ...place,
      ...clients,
      cluster: "control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok, 3 nodes",
      kubeconfigPath,
      operatorKubeconfig: async (ended) => {
        await createAccount(account, { controlPlane, kubectl: (args) => kubectl(args, ended) });
        return account;
      },
      namespace: config.namespace,
      kubectl,
      ended: controlPlane.exited.then(({ component, logFile }) => `${component} has ended by itself; its log: ${logFile}`),
      hints: { now: lookAround(controlPlane, place), afterwards: "" },
      close: async () => {
        await clients.http.close();
        await controlPlane.stop();
        await rm(account, { force: true });
      },
    };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
};

const lookAround = ({ kubeconfigPath }: ControlPlane, { tools, directory }: Pick<Session, "tools" | "directory">): string => `
  export KUBECONFIG=${kubeconfigPath}
  export PATH=${dirname(tools.kubectl)}:$PATH
  kubectl get act,acg,amf -A

  Logs of the operator and of every component: ${join(directory, "logs")}
  Ctrl-C stops everything.
`;
