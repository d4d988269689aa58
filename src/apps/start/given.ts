import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LEASE_ANNOTATIONS } from "../../armada/names.ts";
import { withDeadline } from "../../base/time/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { run } from "../../base/process/process.ts";
import { loadKubeConfigApart } from "../../kube/config-apart.ts";
import type { ClusterConfig } from "../../kube/config.ts";
import type { KubeHttp } from "../../kube/http.ts";
import { ApiError, type ApiClient } from "../../runtime/api.ts";
import { LEASE_TIMES } from "../../runtime/leaderelection/lease-times.ts";
import { describeRival, Rivals } from "../../runtime/leaderelection/rivals.ts";
import { OPERATOR } from "../operator/deploy/rights.ts";
import { agree } from "./consent.ts";
import { quote } from "./environment-file.ts";
import { CHART_ROOT, clientsOf, kubectlOf, openPlace, type Place, type Session, type StartDeps } from "./session.ts";

/** How long a cluster may take to answer at all. */
const ANSWER_MS = 10_000;

export interface Given {
  /** Absolute path. */
  readonly kubeconfig: string;
  readonly yes: boolean;
  readonly example: string;
}

/** Connects to a cluster that exists. Only reads before a person has agreed; rejects when nobody does. Nothing there is ever stopped. */
export const openGiven = async (given: Given, deps: StartDeps, signal: AbortSignal): Promise<Session> => {
  const place = await openPlace(deps, signal);
  const config = await loadKubeConfigApart({ path: given.kubeconfig }, { run, env: place.env, clock: deps.clock }, signal);
  const { server, context, namespace } = config;
  const clients = clientsOf(config, deps);
  const kubeconfigPath = join(place.directory, "kubeconfig");
  const close = async (): Promise<void> => {
    await clients.http.close();
    await rm(kubeconfigPath, { force: true });
  };
  try {
    const inUse = await hasDefinitions(clients.http, config, deps, signal);
    // Without the definitions no operator can run.
    if (inUse) await refuseBesideAnother(clients.api, config, deps, signal);
    await agree({ server, context, namespace, example: given.example, inUse }, { yes: given.yes, ask: deps.ask }, signal);
    await copyContext({ from: given.kubeconfig, to: kubeconfigPath, context }, place, signal);
    return {
      ...place,
      ...clients,
      cluster: `connected to ${server} (context ${JSON.stringify(context)}, namespace ${namespace})`,
      kubeconfigPath,
      operatorKubeconfig: () => Promise.resolve(kubeconfigPath),
      namespace,
      kubectl: kubectlOf(place, kubeconfigPath),
      ended: new Promise(() => undefined),
      hints: hintsOf({ ...given, config, inUse }, place),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Whether the cluster knows our kinds. Tells at the same time that it can be reached, and that we are somebody to it. */
const hasDefinitions = async (http: KubeHttp, { server, context }: ClusterConfig, { clock }: StartDeps, signal: AbortSignal): Promise<boolean> => {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/armadacharts.armada.airshipit.org";
  const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  const reason = new Error(`no answer within ${String(ANSWER_MS / 1000)} s`);
  try {
    await withDeadline({ clock, ms: ANSWER_MS, reason }, (bounded) => http.request({ method: "GET", path, accept }, bounded), signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && error.status === 404) return false;
    throw new Error(`Cannot use ${server} (context ${JSON.stringify(context)}): ${messageOf(error)}`, { cause: error });
  }
};

/** Two operators would work against each other. */
const refuseBesideAnother = async (api: ApiClient, { server, context }: ClusterConfig, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const { clock, display } = deps;
  const log = { ...deps.log, warn: (message: string) => display.print(message) };
  const rivals = new Rivals({
    api,
    clock,
    log,
    times: LEASE_TIMES,
    name: OPERATOR,
    annotations: LEASE_ANNOTATIONS,
    namespace: undefined,
    watched: [],
  });
  const rival = await rivals.renewing(signal);
  if (rival === undefined) return;
  const remedy = `stop it first, for example with kubectl -n ${rival.namespace} scale deployment ${OPERATOR} --replicas=0`;
  throw new Error(`Cannot use ${server} (context ${JSON.stringify(context)}): ${describeRival(rival)}; ${remedy}`);
};

/** A file with this one context: whoever changes the current context of the given file while this runs does not move the operator to another cluster. */
const copyContext = async (
  { from, to, context }: { readonly from: string; readonly to: string; readonly context: string },
  place: Place,
  signal: AbortSignal,
): Promise<void> => {
  const text = await kubectlOf(place, from)(["config", "view", "--raw", "--minify", "--flatten", `--context=${context}`], signal);
  await writeFile(to, text, { mode: 0o600 });
};

interface Told extends Given {
  readonly config: ClusterConfig;
  readonly inUse: boolean;
}

/** CRDs that were there before are not ours to remove: with them go all objects of the cluster. */
const hintsOf = ({ kubeconfig, example, config, inUse }: Told, { tools, directory }: Place): Session["hints"] => {
  const file = quote(kubeconfig);
  const kubectl = `kubectl --kubeconfig ${file} --context ${quote(config.context)}`;
  const path = `export PATH=${quote(dirname(tools.kubectl))}:$PATH`;
  const remove = [`${kubectl} delete -f examples/${example}`, ...(inUse ? [] : [`${kubectl} delete -f crds`])].map((line) => `  ${line}\n`).join("");
  return {
    now: `
  ${path}
  ${kubectl} get act,acg,amf

  Log of the operator: ${join(directory, "logs", "armada-operator.log")}
  Ctrl-C stops the operator only; what was applied stays. To remove it while the operator runs:
${remove.trimEnd()}`,
    meanwhile: "Ctrl-C stops the operator only",
    afterwards: `
The operator has ended; what was applied stays on ${config.server}. To remove it, start the operator
  npm run operator -- --kubeconfig ${file} --helm ${quote(tools.helm)} --chart-root ${quote(CHART_ROOT)} --cluster-scoped allow --cross-namespace allow
and in another shell
  ${path}
${remove.trimEnd()}`,
  };
};
