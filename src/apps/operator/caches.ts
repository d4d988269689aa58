import { CHARTS } from "../../armada/api/chart.ts";
import { HELM_MANAGED_BY } from "../../armada/names.ts";
import { isMetadataOnly, project } from "../../armada/readiness/projection.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { KubeHttp } from "../../kube/http.ts";
import { listWatch } from "../../kube/list-watch.ts";
import { Informer } from "../../runtime/cache/informer.ts";
import type { Metrics } from "../../runtime/metrics.ts";
import type { DynamicObject, KubeObject, Resource } from "../../runtime/object.ts";
import { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import type { Store } from "../../runtime/cache/store.ts";
import type { OperatorConfig } from "./settings/config.ts";
import { parseDynamic } from "./parse-object.ts";

export interface CachesDeps {
  readonly config: OperatorConfig;
  readonly http: KubeHttp;
  readonly api: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** In the namespaces that are watched: what is elsewhere is none of this operator's. */
export const chartUids = async ({ config, api }: CachesDeps, signal: AbortSignal): Promise<ReadonlySet<string>> => {
  const lists = await Promise.all(scopesOf(config).map((namespace) => api.list(CHARTS, { namespace, metadataOnly: true }, signal)));
  return new Set(lists.flat().map(({ metadata }) => metadata.uid));
};

const scopesOf = ({ watchNamespaces }: OperatorConfig): readonly (string | undefined)[] =>
  watchNamespaces.length === 0 ? [undefined] : watchNamespaces;

export const informersOf = <T extends KubeObject>(
  { config, http, clock, log, metrics }: CachesDeps,
  resource: Resource,
  store: Store<T>,
  transform: (object: KubeObject) => T,
  selectors: { readonly labelSelector?: string; readonly fieldSelector?: string; readonly metadataOnly?: boolean } = {},
): readonly Informer<T>[] =>
  scopesOf(config).map(
    (namespace) =>
      new Informer({
        listWatcher: listWatch<T>(http, resource, { namespace, transform, ...pagesOf(selectors), ...selectors }),
        store,
        namespace,
        clock,
        log,
        name: namespace === undefined ? resource.plural : `${namespace}/${resource.plural}`,
        onRestart: () => metrics.watchRestarts.inc({ resource: resource.plural }),
      }),
  );

/** Whole objects may have more than a megabyte each. */
const pagesOf = ({ metadataOnly = false }: { readonly metadataOnly?: boolean }): { readonly pageSize?: number } =>
  metadataOnly ? {} : { pageSize: 100 };

/** Kinds that helm does not label as its own, watched whole. */
const UNLABELLED = ["pods", "storageclasses"];

export const createWatches = ({ config, http, api, clock, log, metrics }: CachesDeps): ObjectWatches =>
  new ObjectWatches({
    api,
    namespaces: config.watchNamespaces,
    clock,
    log,
    metadataOnly: isMetadataOnly,
    project,
    onRestart: (resource) => metrics.watchRestarts.inc({ resource }),
    listWatcher: (resource, namespace) =>
      listWatch<DynamicObject>(http, resource, {
        namespace,
        ...(UNLABELLED.includes(resource.plural) ? {} : { labelSelector: `${HELM_MANAGED_BY.label}=${HELM_MANAGED_BY.value}` }),
        metadataOnly: isMetadataOnly(resource),
        ...pagesOf({ metadataOnly: isMetadataOnly(resource) }),
        transform: (object) => project(parseDynamic(object)),
      }),
  });
