import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of charts made for one test file; the operator knows it as `/opt/armada/helm-charts`. */
export interface ChartFolder {
  readonly path: string;
  /** Writes (or rewrites) a chart: templates by file name. Chart.yaml says `version`. */
  write(name: string, templates: Readonly<Record<string, string>>, options?: { readonly version?: string; readonly values?: object }): Promise<void>;
  /** Removes one chart. */
  discard(name: string): Promise<void>;
  remove(): Promise<void>;
}

export const createChartFolder = async (): Promise<ChartFolder> => {
  const path = await mkdtemp(join(tmpdir(), "armada-charts-"));
  return {
    path,
    write: async (name, templates, { version = "0.1.0", values = {} } = {}) => {
      const files = {
        "Chart.yaml": JSON.stringify({ apiVersion: "v2", name, version }),
        "values.yaml": JSON.stringify(values),
        ...Object.fromEntries(Object.entries(templates).map(([file, text]) => [`templates/${file}`, text])),
      };
      for (const [file, text] of Object.entries(files)) {
        const to = join(path, name, file);
        await mkdir(dirname(to), { recursive: true });
        await writeFile(to, text);
      }
    },
    discard: (name) => rm(join(path, name), { recursive: true }),
    remove: () => rm(path, { recursive: true, force: true }),
  };
};

/** A ConfigMap named like the release, with the value `text`. */
export const CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {text: {{ .Values.text | default "none" | quote }}}
`;

/** Pods come up when a node carries the label that `values.node` names; without it, on any. */
const NODE = `{{- with .Values.node }}, nodeSelector: {{ toJson . }}{{ end }}`;

const workload = (kind: string, more: string): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: {{ .Release.Name }}}
spec:
  ${more}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template: {metadata: {labels: {app: {{ .Release.Name }}}}, spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: x}]${NODE}}}
`;

export const DEPLOYMENT = workload("Deployment", "replicas: {{ .Values.replicas | default 1 }}");

/** A Pod without a workload. */
export const POD = `
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: x}]}
`;

export const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
`;

/** A Job that kwok completes; with `values.node` its pod waits for a node, and `values.deadline` (seconds) makes it fail then. */
const jobSpec = `{backoffLimit: 0{{ with .Values.deadline }}, activeDeadlineSeconds: {{ . }}{{ end }}{{ with .Values.ttl }}, ttlSecondsAfterFinished: {{ . }}{{ end }}, template: {spec: {restartPolicy: Never, terminationGracePeriodSeconds: 0, containers: [{name: c, image: x}]${NODE}}}}`;

export const JOB = `
apiVersion: batch/v1
kind: Job
metadata: {name: {{ .Release.Name }}-job}
spec: ${jobSpec}
`;

/** The same as a hook. */
export const hookJob = (events: string): string => `
apiVersion: batch/v1
kind: Job
metadata: {name: {{ .Release.Name }}-hook, annotations: {helm.sh/hook: "${events}"}}
spec: ${jobSpec}
`;
