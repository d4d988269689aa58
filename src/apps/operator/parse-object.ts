import type { DynamicObject, KubeObject } from "../../runtime/object.ts";
import type { ArmadaChart } from "../../armada/api/chart.ts";
import type { ArmadaChartGroup } from "../../armada/api/group.ts";
import type { ArmadaManifest } from "../../armada/api/manifest.ts";

/**
 * The edge where objects become typed: the API server has checked them against the CRD that these types are made from,
 * and what it stored before the CRD was tightened has every required field too, because those never changed.
 */
const typed =
  <T extends KubeObject>(kind: T["kind"]) =>
  (object: KubeObject): T => {
    if (object.kind !== kind) throw new Error(`expected ${kind}, the API server sent ${object.kind}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return object as T;
  };

export const parseChart = typed<ArmadaChart>("ArmadaChart");
export const parseGroup = typed<ArmadaChartGroup>("ArmadaChartGroup");
export const parseManifestObject = typed<ArmadaManifest>("ArmadaManifest");

/** Every object may have fields that nobody named. */
export const parseDynamic = (object: KubeObject): DynamicObject => ({ ...object });
