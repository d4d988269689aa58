import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CONFIG_MAP, createChartFolder, DEPLOYMENT, hookJob, type ChartFolder } from "../charts/chart-folder.ts";

const object = (kind: string, name: string, spec: object) => ({ apiVersion: "armada.airshipit.org/v1alpha1", kind, metadata: { name }, spec });

/** An ArmadaChart of the chart `part`; `spec` over that. */
export const chart = (name: string, spec: object = {}) =>
  object("ArmadaChart", name, { release: name, source: { type: "local", location: "/opt/armada/helm-charts/part" }, ...spec });

/** Parked, with these values. */
export const parked = (name: string, values: object = {}) => chart(name, { target_state: "uninitialized", values });

/** A sequenced group, unless `spec` says otherwise. */
export const group = (name: string, members: readonly string[], spec: object = {}) =>
  object("ArmadaChartGroup", name, { chart_group: members, sequenced: true, ...spec });

export const manifest = (name: string, groups: readonly string[], spec: object = {}) =>
  object("ArmadaManifest", name, { chart_groups: groups, ...spec });

/**
 * `part`: a ConfigMap with the value `text`; `pods: true` adds a Deployment, `hook: true` a hook that installation waits for, both on a node with
 * the labels in `node`; `fail: …` does not render. `library`: of type library.
 */
export const createParts = async (): Promise<ChartFolder> => {
  const charts = await createChartFolder();
  await charts.write("part", {
    "map.yaml": CONFIG_MAP,
    "pods.yaml": `{{ if .Values.pods }}${DEPLOYMENT}{{ end }}`,
    "hook.yaml": `{{ if .Values.hook }}${hookJob("pre-install")}{{ end }}`,
    "fail.yaml": `{{ with .Values.fail }}{{ fail . }}{{ end }}`,
  });
  await charts.write("library", {});
  await writeFile(join(charts.path, "library/Chart.yaml"), JSON.stringify({ apiVersion: "v2", name: "library", version: "0.1.0", type: "library" }));
  return charts;
};
