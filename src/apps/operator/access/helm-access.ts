import type { HelmClient, OpenHelmAccess } from "../../../helm/access.ts";
import { openApiProxy } from "../../../kube/api-proxy.ts";
import type { ClusterConfig } from "../../../kube/config.ts";
import type { KubeHttp } from "../../../kube/http.ts";
import { userOf } from "../../../runtime/account.ts";
import { judge, type JudgeDeps } from "./judge.ts";

export interface HelmAccessDeps extends JudgeDeps {
  readonly cluster: Pick<ClusterConfig, "server">;
  readonly http: Pick<KubeHttp, "forward">;
}

/** The way of every helm of this process to the API server. */
export interface HelmWay {
  readonly open: OpenHelmAccess;
  readonly close: () => Promise<void>;
}

/** The only way of helm to the API server: it has no credentials, and what it asks for is judged before it is sent on. */
export const openHelmAccess = async (deps: HelmAccessDeps): Promise<HelmWay> => {
  const { cluster, http } = deps;
  const proxy = await openApiProxy({ http });
  const open = (client: HelmClient): ReturnType<OpenHelmAccess> => {
    let first: string | undefined;
    const { token, close } = proxy.admit({
      as: client.account === undefined ? undefined : userOf(client.account),
      refuse: async (request, signal) => {
        const refusal = await judge(client, request, deps, signal);
        first ??= refusal;
        return refusal;
      },
    });
    return {
      env: { HELM_KUBEAPISERVER: proxy.url, HELM_KUBEASUSER: token },
      refusal: () => first,
      reworded: (text) => text.replaceAll(proxy.url, cluster.server),
      close,
    };
  };
  return { open, close: () => proxy.close() };
};
