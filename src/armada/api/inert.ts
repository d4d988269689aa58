import { CHARTS } from "./chart.ts";
import { GROUPS } from "./group.ts";
import { MANIFESTS } from "./manifest.ts";
import { valueAt } from "./path.ts";

/** A legacy field that is accepted and does nothing yet. */
export interface InertField {
  /** Dotted path below `spec`. */
  readonly path: string;
  /** What a user of the field should know; follows the path in a sentence. */
  readonly because: string;
  /** Whether this value asks for nothing, so that nothing needs to be said. Default: absent, false, or empty. */
  readonly idle?: (value: unknown) => boolean;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const testIsOff = (value: unknown): boolean =>
  isEmpty(value) || (typeof value === "object" && value !== null && "enabled" in value && value.enabled === false);

const noPreActions = "is not supported yet";
const ownObjects = "is ignored for now; the operator waits for all objects of the release";

const chartFields: readonly InertField[] = [
  { path: "install", because: "is a legacy field and has no effect" },
  { path: "upgrade.options.recreate_pods", because: "does not restart pods yet" },
  { path: "upgrade.pre.create", because: noPreActions },
  { path: "upgrade.pre.delete", because: noPreActions },
  { path: "upgrade.pre.update", because: noPreActions },
  { path: "upgrade.pre.cleanup", because: "does not uninstall anything; a release that was ever deployed is upgraded in place" },
  { path: "upgrade.pre.update_crd", because: "does not touch CRDs; helm installs what a chart has in crds/ once and never changes it" },
  { path: "upgrade.post.create", because: noPreActions },
  {
    path: "protected.continue_processing",
    because: "has no effect yet; a release that was ever deployed is never removed to repair it, protected or not",
  },
  { path: "test", because: "does not run helm test yet", idle: testIsOff },
  { path: "wait.labels", because: ownObjects },
  { path: "wait.resources", because: ownObjects, idle: isAbsent },
  { path: "wait.resources_list", because: ownObjects, idle: isAbsent },
  { path: "wait.native.enabled", because: "does not pass --wait to helm yet; the operator waits itself" },
];

const groupFields: readonly InertField[] = [
  { path: "name", because: "is a legacy field and has no effect; metadata.name is used" },
  { path: "test_charts", because: "does not run helm test yet" },
  { path: "revisionHistoryLimit", because: "has no meaning for a group; set it on its charts", idle: isAbsent },
];

const manifestFields: readonly InertField[] = [
  { path: "revisionHistoryLimit", because: "has no meaning for a manifest; set it on its charts", idle: isAbsent },
];

/** Kind → fields that do nothing yet. The test walks the CRD and fails on a field that is neither alive, nor refused, nor here. */
export const INERT: Readonly<Record<string, readonly InertField[]>> = {
  [CHARTS.kind]: chartFields,
  [GROUPS.kind]: groupFields,
  [MANIFESTS.kind]: manifestFields,
};

const used = (kind: string, spec: unknown): readonly InertField[] =>
  (INERT[kind] ?? []).filter(({ path, idle = isEmpty }) => !idle(valueAt(spec, path.split("."))));

/** What the object's condition says of its inert fields, one sentence a field; undefined when it uses none. Names fields, never values. */
export const inertMessage = (kind: string, spec: unknown): string | undefined => {
  const sentences = used(kind, spec).map(({ path, because }) => `spec.${path} ${because}.`);
  return sentences.length === 0 ? undefined : sentences.join(" ");
};
