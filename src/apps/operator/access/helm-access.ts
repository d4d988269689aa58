import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../base/time/clock.ts";
import type { HelmClient, OpenHelmAccess } from "../../../helm/access.ts";
import { openApiProxy } from "../../../kube/api-proxy.ts";
import type { ClusterConfig } from "../../../kube/config.ts";
import type { KubeHttp } from "../../../kube/http.ts";
import { userOf } from "../../../runtime/account.ts";
import { selfSigned } from "../../../runtime/self-signed.ts";
import { OPERATOR } from "../deploy/rights.ts";
import { judge, type JudgeDeps } from "./judge.ts";

export interface HelmAccessDeps extends JudgeDeps {
  readonly cluster: Pick<ClusterConfig, "server">;
  readonly http: Pick<KubeHttp, "forward">;
  readonly clock: Clock;
  /** Private folder. */
  readonly home: string;
}

/** The way of every helm of this process to the API server. */
export interface HelmWay {
  readonly open: OpenHelmAccess;
  readonly close: () => Promise<void>;
}

/** The only way of helm to the API server: it has no credentials, and what it asks for is judged before it is sent on. */
export const openHelmAccess = async (deps: HelmAccessDeps): Promise<HelmWay> => {
  const { cluster, http, clock, home } = deps;
  const tls = selfSigned(OPERATOR, clock.now());
  const certificate = join(home, "api-server.crt");
  await writeFile(certificate, tls.cert, { mode: 0o600 });
  const proxy = await openApiProxy({ http, tls });
  const way = { HELM_KUBEAPISERVER: proxy.url, HELM_KUBECAFILE: certificate, HELM_KUBETLS_SERVER_NAME: OPERATOR };
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
      env: { ...way, HELM_KUBETOKEN: token },
      refusal: () => first,
      reworded: (text) => text.replaceAll(proxy.url, cluster.server),
      close,
    };
  };
  return { open, close: () => proxy.close() };
};
