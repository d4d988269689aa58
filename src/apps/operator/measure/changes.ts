import type { Node } from "../../../armada/estate/estate.ts";
import type { StoreEstate } from "../../../armada/estate/store-estate.ts";
import { releaseOf } from "../../../helm/record/revision.ts";
import type { Change, Store } from "../../../runtime/cache/store.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { Handover } from "./handover.ts";
import type { Metrics } from "./metrics.ts";
import type { Phases } from "./phases.ts";
import { showReadiness } from "./ready-gauge.ts";

export interface MeasuringDeps {
  readonly caches: { readonly estate: StoreEstate; readonly secrets: Store<KubeObject> };
  readonly handover: Handover;
  readonly phases: Phases;
  readonly metrics: Pick<Metrics, "objectReady">;
  readonly owns: (uid: string) => boolean;
}

/** Makes metrics of the changes in the caches. */
export const measureChanges = ({ caches: { estate, secrets }, handover, phases, metrics, owns }: MeasuringDeps): ReturnType<typeof showReadiness> => {
  estate.charts.onChange(({ type, object }) => {
    if (type === "deleted") phases.chartGone(object.metadata.uid);
    else phases.chartChanged(object);
  });
  secrets.onChange((change) => {
    const release = releaseOf(change.object);
    if (release !== undefined) phases.releaseChanged(change, estate.chartsOf(`${release.namespace}/${release.name}`));
  });
  const nodes = [estate.charts, estate.groups, estate.manifests];
  for (const store of nodes) store.onChange((change: Change<Node>) => handover.nodeChanged(change));
  return showReadiness(nodes, metrics, owns);
};
