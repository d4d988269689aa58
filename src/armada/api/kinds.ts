import type { z } from "zod";
import type { Resource } from "../../runtime/object.ts";
import { CHARTS, chartSpec, chartStatus } from "./chart.ts";
import type { CelRule } from "./fields.ts";
import { GROUPS, groupSpec, groupStatus } from "./group.ts";
import { MANIFESTS, manifestSpec, manifestStatus } from "./manifest.ts";

/** `additionalPrinterColumns` of a CRD; `wide` columns appear with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "boolean" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly wide?: boolean;
}

/** What one kind is to the API server. */
export interface KindDefinition {
  readonly resource: Resource;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodObject;
  readonly status: z.ZodObject;
  /** Rules over the whole object: the only place from which CEL sees spec and status together. */
  readonly rules: readonly CelRule[];
  readonly columns: readonly Column[];
}

const released = "has(oldSelf.status) && has(oldSelf.status.release) && has(oldSelf.status.release.revision)";
const remedy = "while its release exists; set target_state to uninstalled first, or create another ArmadaChart";

const fixedRelease: CelRule = {
  rule: `!(${released}) || self.spec.release == oldSelf.spec.release`,
  fieldPath: ".spec.release",
  message: `spec.release cannot change ${remedy}`,
  messageExpression: `'spec.release cannot change from ' + oldSelf.spec.release + ' to ' + self.spec.release + ' ${remedy}'`,
};

/** `namespace` is a word of CEL: `__namespace__` is its escape. */
const fixedNamespace: CelRule = {
  rule: `!(${released}) || (has(self.spec.__namespace__) ? self.spec.__namespace__ : '') == (has(oldSelf.spec.__namespace__) ? oldSelf.spec.__namespace__ : '')`,
  fieldPath: ".spec.namespace",
  message: `spec.namespace cannot change ${remedy}`,
};

const state: readonly Column[] = [
  { name: "State", type: "string", jsonPath: ".status.actual_state", description: "The state that is." },
  { name: "Target State", type: "string", jsonPath: ".status.target_state", description: "The state that is wanted in effect." },
  { name: "Satisfied", type: "boolean", jsonPath: ".status.satisfied", description: "Whether what is wanted is so." },
  { name: "Reason", type: "string", jsonPath: ".status.reason", description: "Why, in one word: docs/troubleshooting.md explains each." },
];
const progress: Column = {
  name: "Progress",
  type: "string",
  jsonPath: ".status.progress",
  description: "Members that are deployed (or uninstalled, if this object is to be), of all.",
};
const release: readonly Column[] = [
  { name: "Release", type: "string", jsonPath: ".status.release.name", description: "Name of the Helm release.", wide: true },
  { name: "Revision", type: "integer", jsonPath: ".status.release.revision", description: "Newest revision of the release.", wide: true },
];
const rest: readonly Column[] = [
  { name: "Waiting For", type: "string", jsonPath: ".status.waiting_for", description: "What the object waits for.", wide: true },
  { name: "Owners", type: "string", jsonPath: ".status.owners", description: "Parents that own the object.", wide: true },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since the object was created." },
];

export const KINDS: readonly KindDefinition[] = [
  {
    resource: CHARTS,
    shortName: "act",
    description: "ArmadaChart is one Helm release: a chart, its values, and the state that is wanted.",
    spec: chartSpec,
    status: chartStatus,
    rules: [fixedRelease, fixedNamespace],
    columns: [...state, ...release, ...rest],
  },
  {
    resource: GROUPS,
    shortName: "acg",
    description: "ArmadaChartGroup brings a list of ArmadaCharts up, one after the other or all at once.",
    spec: groupSpec,
    status: groupStatus,
    rules: [],
    columns: [...state, progress, ...rest],
  },
  {
    resource: MANIFESTS,
    shortName: "amf",
    description: "ArmadaManifest brings a list of ArmadaChartGroups up, one after the other.",
    spec: manifestSpec,
    status: manifestStatus,
    rules: [],
    columns: [...state, progress, ...rest],
  },
];
