import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { SERVICE_ACCOUNTS } from "../../armada/chart/account.ts";
import { StoreEstate } from "../../armada/estate/store-estate.ts";
import { HELM_MANAGED_BY } from "../../armada/names.ts";
import { isMetadataOnly, project } from "../../armada/readiness/projection.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import { releaseIndex, releaseIndexer, releaseSelectors, secretResource, SecretReleaseStore } from "../../helm/record/store.ts";
import type { ListWatchOptions } from "../../kube/list-watch.ts";
import type { ApiClient, ListWatcher } from "../../runtime/api.ts";
import { Informer } from "../../runtime/cache/informer.ts";
import { ObjectWatches } from "../../runtime/cache/object-watches.ts";
import { Store } from "../../runtime/cache/store.ts";
import type { Runnable } from "../../runtime/manager.ts";
import type { RuntimeMetrics } from "../../runtime/metrics.ts";
import type { DynamicObject, KubeObject, Resource } from "../../runtime/object.ts";
import { KnownNamespaces } from "./known-namespaces.ts";
import { parseChart, parseDynamic, parseGroup, parseManifestObject } from "./parse-object.ts";
import type { OperatorConfig } from "./settings/settings.ts";

/** How a resource is listed and watched: `listWatch` of `kube/list-watch.ts`, over a connection. */
export type ListWatch = <T extends KubeObject>(resource: Resource, options: ListWatchOptions<T> & Transform<T>) => ListWatcher<T>;
type Transform<T extends KubeObject> = Required<Pick<ListWatchOptions<T>, "transform">>;

export interface CachesDeps {
  readonly config: Pick<OperatorConfig, "watchNamespaces" | "crossNamespace" | "defaultServiceAccount">;
  readonly listWatch: ListWatch;
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<RuntimeMetrics, "watchRestarts">;
}

/** What the API server holds, in memory, as far as it concerns the namespaces that are watched. Empty until its runnables run. */
export interface Caches {
  readonly estate: StoreEstate;
  /** Metadata of release Secrets, and the releases that they are. */
  readonly secrets: Store<KubeObject>;
  readonly releases: SecretReleaseStore;
  /** Metadata of ServiceAccounts; empty where charts are deployed with the operator's own rights. */
  readonly accounts: Store<KubeObject>;
  /** Of whatever kinds releases hold. */
  readonly watches: ObjectWatches;
  readonly informers: readonly Pick<Informer<KubeObject>, "name" | "run" | "hasSynced" | "lastError">[];
  readonly known: KnownNamespaces;
}

export const createCaches = (deps: CachesDeps): Caches => {
  const { log } = deps;
  const estate = new StoreEstate({ log, crossNamespace: deps.config.crossNamespace === "allow" });
  const secrets = new Store<KubeObject>({ log, indexers: { [releaseIndex]: releaseIndexer } });
  const accounts = new Store<KubeObject>({ log });
  const informers = [
    ...informersOf(deps, CHARTS, estate.charts, parseChart),
    ...informersOf(deps, GROUPS, estate.groups, parseGroup),
    ...informersOf(deps, MANIFESTS, estate.manifests, parseManifestObject),
    ...informersOf(deps, secretResource, secrets, (secret) => secret, { ...releaseSelectors, metadataOnly: true }),
    ...(deps.config.defaultServiceAccount === undefined
      ? []
      : informersOf(deps, SERVICE_ACCOUNTS, accounts, (account) => account, { metadataOnly: true })),
  ];
  const known = new KnownNamespaces({ informers, apart: deps.config.crossNamespace === "deny" });
  return { estate, secrets, accounts, releases: new SecretReleaseStore(secrets, deps.api), watches: createWatches(deps), informers, known };
};

/** What fills the caches and keeps them equal to what the API server holds; ready with the first lists. */
export const cacheRunnables = ({ watches, informers, known }: Pick<Caches, "watches" | "informers" | "known">): readonly Runnable[] => [
  { name: "object watches", run: (signal) => watches.run(signal), ready: (signal) => known.settled(signal) },
  ...informers.map((one): Runnable => ({ name: `watch of ${one.name}`, run: (signal) => one.run(signal) })),
];

/** Uids of all charts in the namespaces that are watched, from a fresh read: what is elsewhere is none of this operator's. */
export const chartUids = async ({ config, api }: Pick<CachesDeps, "config" | "api">, signal: AbortSignal): Promise<ReadonlySet<string>> => {
  const lists = await Promise.all(scopesOf(config).map((namespace) => api.list(CHARTS, { namespace, metadataOnly: true }, signal)));
  return new Set(lists.flat().map(({ metadata }) => metadata.uid));
};

const scopesOf = ({ watchNamespaces }: CachesDeps["config"]): readonly (string | undefined)[] =>
  watchNamespaces.length === 0 ? [undefined] : watchNamespaces;

const informersOf = <T extends KubeObject>(
  { config, listWatch, clock, log, metrics }: CachesDeps,
  resource: Resource,
  store: Store<T>,
  transform: (object: KubeObject) => T,
  selectors: { readonly labelSelector?: string; readonly fieldSelector?: string; readonly metadataOnly?: boolean } = {},
): readonly Informer<T>[] =>
  scopesOf(config).map(
    (namespace) =>
      new Informer({
        listWatcher: listWatch<T>(resource, { namespace, transform, ...pagesOf(selectors), ...selectors }),
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

const createWatches = ({ config, listWatch, api, clock, log, metrics }: CachesDeps): ObjectWatches =>
  new ObjectWatches({
    api,
    namespaces: config.watchNamespaces,
    clock,
    log,
    metadataOnly: isMetadataOnly,
    project,
    onRestart: (resource) => metrics.watchRestarts.inc({ resource }),
    listWatcher: (resource, namespace) =>
      listWatch<DynamicObject>(resource, {
        namespace,
        ...(UNLABELLED.includes(resource.plural) ? {} : { labelSelector: `${HELM_MANAGED_BY.label}=${HELM_MANAGED_BY.value}` }),
        metadataOnly: isMetadataOnly(resource),
        ...pagesOf({ metadataOnly: isMetadataOnly(resource) }),
        transform: (object) => project(parseDynamic(object)),
      }),
  });
