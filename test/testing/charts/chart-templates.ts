import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const configMap = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
binaryData: {text: {{ .Values.text | default "none" | b64enc }}}
`;
const hook = (events: string): string => `
apiVersion: batch/v1
kind: Job
metadata: {name: {{ .Release.Name }}-hook, annotations: {helm.sh/hook: "${events}"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}
`;
/** Charts of one template, by name: what helm can do and how it can fail. */
const templates: Readonly<Record<string, string>> = {
  plain: configMap,
  hooked: `${configMap}---${hook("pre-install,pre-upgrade")}`,
  farewell: `${configMap}---${hook("pre-delete")}`,
  broken: `${configMap}---\napiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {ports: [{port: 80, name: {{ .Values.text | toJson }}}]}\n`,
  misspelt: `${configMap}---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec: {replicsa: 1, replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}\n`,
  loud: `{{ fail (printf "the text %s is refused" .Values.text) }}`,
};

/** Each as a folder in `folder`. */
export const writeTemplates = (folder: string): void => {
  for (const [name, template] of Object.entries(templates)) {
    mkdirSync(join(folder, name, "templates"), { recursive: true });
    writeFileSync(join(folder, name, "Chart.yaml"), `{apiVersion: v2, name: ${name}, version: 0.1.0}`);
    writeFileSync(join(folder, name, "templates", "all.yaml"), template);
  }
};
