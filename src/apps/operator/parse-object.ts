import { isRecord } from "../../base/json/json.ts";
import type { DynamicObject, KubeObject } from "../../runtime/object.ts";
import type { ArmadaChart } from "../../armada/api/chart.ts";
import type { ArmadaChartGroup } from "../../armada/api/group.ts";
import type { ArmadaManifest } from "../../armada/api/manifest.ts";

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (isRecord(value) ? value : {});
const isText = (value: unknown): value is string => typeof value === "string";
const text = (value: unknown): string => (isText(value) ? value : "");
const isNames = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const names = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(isText) : []);

/** The fields of a spec that the whole program relies on: whether they are there, and what stands for them when they are not. */
interface Required {
  readonly whole: (spec: Fields) => boolean;
  readonly instead: (spec: Fields) => Fields;
}

const CHART: Required = {
  whole: ({ release, source }) => isText(release) && isRecord(source) && isText(source["type"]) && isText(source["location"]),
  instead: ({ release, source }) => ({
    release: text(release),
    source: { ...fields(source), type: text(fields(source)["type"]), location: text(fields(source)["location"]) },
  }),
};
/** An empty name is none that the schema takes. */
const listOf = (field: "chart_group" | "chart_groups"): Required => ({
  whole: (spec) => isNames(spec[field]),
  instead: (spec) => ({ [field]: [...names(spec[field]), ""] }),
});

/**
 * The edge where objects become typed. The API server has checked them against the CRD that these types are made from; what it stored
 * under another CRD, or what was changed behind its back, it hands out unchecked. One such object must not keep the others from being
 * seen: required fields it lacks are empty, and `validateSpec` refuses it.
 */
const typed =
  <T extends KubeObject>(kind: T["kind"], { whole, instead }: Required) =>
  (object: KubeObject): T => {
    if (object.kind !== kind) throw new Error(`expected ${kind}, the API server sent ${object.kind}`);
    const { spec }: KubeObject & { readonly spec?: unknown } = object;
    if (isRecord(spec) && whole(spec)) return object as T; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
    return { ...object, spec: { ...fields(spec), ...instead(fields(spec)) } } as unknown as T; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
  };

export const parseChart = typed<ArmadaChart>("ArmadaChart", CHART);
export const parseGroup = typed<ArmadaChartGroup>("ArmadaChartGroup", listOf("chart_group"));
export const parseManifestObject = typed<ArmadaManifest>("ArmadaManifest", listOf("chart_groups"));

/** Every object may have fields that nobody named. */
export const parseDynamic = (object: KubeObject): DynamicObject => ({ ...object });
