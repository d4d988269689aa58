import { openHelmAccess, type HelmWay } from "../../src/apps/operator/access/helm-access.ts";
import { createMetrics } from "../../src/apps/operator/measure/metrics.ts";
import { leaseTimes } from "../../src/runtime/leaderelection/lease-times.ts";
import { ownsEverything } from "../../src/apps/operator/ownership.ts";
import { createWork } from "../../src/apps/operator/work.ts";
import type { OperatorConfig } from "../../src/apps/operator/settings/settings.ts";
import { KubeClient } from "../../src/kube/client.ts";
import type { ClusterConfig } from "../../src/kube/config.ts";
import { Discovery } from "../../src/kube/discovery.ts";
import { KubeHttp, type HttpRequest } from "../../src/kube/http.ts";
import { listWatch } from "../../src/kube/list-watch.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import type { Logger } from "../../src/base/log.ts";
import { heardName, requestName } from "./point-names.ts";
import type { Life } from "./life.ts";

/** An operator in this process, on the real API server and the real helm, that can be killed without ending the process. */
export interface MortalOperator {
  /** An orderly stop, as SIGTERM asks for. */
  stop(): Promise<void>;
  /** Resolves when its helm processes are gone. */
  kill(): Promise<void>;
}

export interface MortalOperatorDeps {
  readonly cluster: ClusterConfig;
  readonly config: OperatorConfig;
  readonly helmEnv: Readonly<Record<string, string>>;
  readonly life: Life;
  readonly epoch: string;
  readonly log: Logger;
  /** The operator has ended although nobody asked it to. */
  readonly onFailure: (error: unknown) => void;
}

/** Resolves when it is ready. */
export const startMortalOperator = async (deps: MortalOperatorDeps): Promise<MortalOperator> => {
  const { config, life, log, epoch } = deps;
  const { clock } = life;
  const http = new MortalHttp(deps.cluster, life);
  const api = new KubeClient({ http, discovery: new Discovery({ http, clock }) });
  const helm = await openAccess(deps);
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const { manager } = await createWork({
    config,
    run: life.run,
    helmEnv: deps.helmEnv,
    helmAccess: helm.open,
    api,
    listWatch: (resource, options) => listWatch(http, resource, options),
    clock,
    log,
    metrics: createMetrics(),
    ownership: ownsEverything(epoch),
    leaseHolds: { look: () => Promise.resolve({ is: "over" }) },
    identity: epoch,
    namespace: config.leaseNamespace,
    own: [],
    onReady: ready.resolve,
    stop: stop.signal,
    stopGraceMs: () => leaseTimes(config.leaseDurationMs).stopGraceMs,
  });
  const running = manager.run(stop.signal).catch(deps.onFailure);
  await ready.promise;
  return {
    stop: async () => {
      stop.abort(new Error("told to stop"));
      await running;
      await Promise.all([http.close(), helm.close()]);
    },
    kill: async () => {
      const ended = life.end();
      await Promise.all([ended, http.close()]);
      await helm.close();
    },
  };
};

/** What helm asks for is no point: it is killed with its operator. */
const openAccess = async ({ cluster }: Pick<MortalOperatorDeps, "cluster">): Promise<HelmWay> => {
  const http = new KubeHttp(cluster);
  const api = new KubeClient({ http, discovery: new Discovery({ http, clock: systemClock }) });
  const { open, close } = await openHelmAccess({ cluster, http, api });
  return { open, close: () => close().then(() => http.close()) };
};

/** Every request, every answer and every change heard of is a point. */
class MortalHttp extends KubeHttp {
  readonly #life: Life;

  constructor(cluster: ClusterConfig, life: Life) {
    super(cluster);
    this.#life = life;
  }

  override request(request: HttpRequest, signal: AbortSignal): Promise<unknown> {
    const list = request.query?.["limit"] === undefined ? "" : "LIST ";
    return this.#life.call(list + requestName(request), () => super.request(request, signal));
  }

  override async stream(request: HttpRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const [, resource = ""] = requestName(request).split(" ");
    const chunks = await this.#life.call(`WATCH ${resource}`, () => super.stream(request, signal));
    return this.#heard(resource, chunks);
  }

  async *#heard(resource: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const decoder = new TextDecoder();
    let begun = "";
    try {
      for await (const chunk of chunks) {
        const lines = (begun + decoder.decode(chunk, { stream: true })).split("\n");
        begun = lines.pop() ?? "";
        for (const name of lines.map((line) => heardName(resource, line))) if (name !== undefined) await this.#life.pass(name);
        yield chunk;
      }
    } finally {
      await this.#life.living();
    }
  }
}
