import type { DynamicObject, KubeObject } from "../../runtime/object.ts";
import type { ArmadaChart } from "../../armada/api/chart.ts";
import type { ArmadaChartGroup } from "../../armada/api/group.ts";
import type { ArmadaManifest } from "../../armada/api/manifest.ts";
import { fieldsOf, isFields, type Fields } from "../../armada/readiness/fields.ts";

/**
 * The edge where objects become typed: the API server has checked them against the CRD that these types are made from. What it stored before
 * the CRD asked for them gets empty `required` fields, which whatever reads the object can count on; it is refused by `validateSpec`.
 */
const typed =
  <T extends KubeObject>(kind: T["kind"], required: Fields = {}) =>
  (object: KubeObject): T => {
    if (object.kind !== kind) throw new Error(`expected ${kind}, the API server sent ${object.kind}`);
    const { spec }: DynamicObject = { ...object };
    const missing = Object.entries(required).filter(([name, empty]) => typeof fieldsOf(spec)[name] !== typeof empty || fieldsOf(spec)[name] === null);
    const whole = isFields(spec) && missing.length === 0 ? object : { ...object, spec: { ...fieldsOf(spec), ...Object.fromEntries(missing) } };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return whole as T;
  };

export const parseChart = typed<ArmadaChart>("ArmadaChart", { release: "", source: {} });
export const parseGroup = typed<ArmadaChartGroup>("ArmadaChartGroup");
export const parseManifestObject = typed<ArmadaManifest>("ArmadaManifest");

/** Every object may have fields that nobody named. */
export const parseDynamic = (object: KubeObject): DynamicObject => ({ ...object });
