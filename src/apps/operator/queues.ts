import type { ArmadaChart } from "../../armada/api/chart.ts";
import { identify } from "../../armada/chart/release/ownership.ts";
import type { ChartObserveDeps } from "../../armada/chart/observe.ts";
import type { ChartPerformDeps } from "../../armada/chart/perform.ts";
import type { StoreEstate } from "../../armada/estate/store-estate.ts";
import { passTrouble } from "../../runtime/health.ts";
import { namespaceOfKey, type KubeObject } from "../../runtime/object.ts";
import { Controller, type ControllerDeps, type Requeue } from "../../runtime/reconcile/controller.ts";
import { Kernel, type KernelDeps } from "../../runtime/reconcile/kernel.ts";
import type { Kind } from "../../runtime/reconcile/kind.ts";
import { chartKind, groupKind, manifestKind, type ParentDeps } from "./kinds.ts";
import type { KnownNamespaces } from "./known-namespaces.ts";
import { ownedPass, type OwnedPassDeps } from "./owned-pass.ts";
import type { Ownership } from "./ownership.ts";
import { parseChart, parseGroup, parseManifestObject } from "./parse-object.ts";

/** Passes are cheap and wait for helm inside, so there are many more of them than helm processes. */
const CHART_WORKERS = 256;
const PARENT_WORKERS = 16;
/** No pass takes as long without helm: requests to the API server end after 30 s, and sources are read beside passes. */
const STUCK_MS = 600_000;

/** The controllers of the three kinds, each with its queue. */
export interface Queues {
  readonly charts: Controller;
  readonly groups: Controller;
  readonly manifests: Controller;
}

export interface QueuesDeps extends Pick<KernelDeps<KubeObject>, "api" | "events" | "clock" | "log">, Pick<ControllerDeps, "metrics"> {
  readonly estate: StoreEstate;
  readonly known: Pick<KnownNamespaces, "has">;
  readonly chartDeps: ChartObserveDeps & ChartPerformDeps;
  readonly parentDeps: ParentDeps;
  readonly ownership: OwnedPassDeps<KubeObject>["ownership"] & Pick<Ownership, "signature">;
}

export const createQueues = (given: QueuesDeps): Queues => {
  const { charts, groups, manifests } = given.estate;
  const deps = { ...given, signature: (uid: string) => given.ownership.signature(uid) };
  const [act, acg, amf] = [
    { ...deps, store: charts, parse: parseChart, freshen: releaseAnew(deps.chartDeps) },
    { ...deps, store: groups, parse: parseGroup, freshen: nothing },
    { ...deps, store: manifests, parse: parseManifestObject, freshen: nothing },
  ];
  return {
    charts: controller(CHART_WORKERS, chartKind(deps.chartDeps), act, deps),
    groups: controller(PARENT_WORKERS, groupKind(deps.parentDeps), acg, deps),
    manifests: controller(PARENT_WORKERS, manifestKind(deps.parentDeps), amf, deps),
  };
};

const releaseAnew =
  (deps: QueuesDeps["chartDeps"]): OwnedPassDeps<ArmadaChart>["freshen"] =>
  (chart, signal) =>
    deps.releases.refresh(identify(chart, deps), signal);

const nothing = (): Promise<void> => Promise.resolve();
/** What only a restart helps against. While helm runs, all passes over charts may wait for it. */
export const stuckIn = (
  { charts, groups, manifests }: Readonly<Record<keyof Queues, Pick<Controller, "name" | "silentMs">>>,
  isHelmRunning: boolean,
): string | undefined => passTrouble(isHelmRunning ? [groups, manifests] : [charts, groups, manifests], STUCK_MS);

const controller = <Obj extends KubeObject & { readonly status?: unknown }, Observed, Action, Verdict>(
  workers: number,
  kind: Kind<Obj, Observed, Action, Verdict>,
  kernelDeps: KernelDeps<Obj> & Pick<OwnedPassDeps<Obj>, "store" | "freshen">,
  { clock, log, metrics, known, ownership }: Pick<QueuesDeps, "clock" | "log" | "metrics" | "known" | "ownership">,
): Controller => {
  const kernel = new Kernel(kind, kernelDeps);
  const pass = ownedPass<Obj>({ ...kernelDeps, kernel, ownership, resource: kind.resource });
  const reconcile = (key: string, signal: AbortSignal): Promise<Requeue> =>
    known.has(namespaceOfKey(key)) ? pass(key, signal) : Promise.resolve({});
  return new Controller({ name: kind.resource.kind, workers, reconcile, clock, log, metrics });
};
