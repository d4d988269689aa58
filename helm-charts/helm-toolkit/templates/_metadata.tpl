{{/* Name of a chart's objects: others reach its Service by it, so it is not made from the release. */}}
{{- define "helm-toolkit.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Labels that select pods; they never change. */}}
{{- define "helm-toolkit.selectorLabels" -}}
app.kubernetes.io/name: {{ include "helm-toolkit.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "helm-toolkit.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "helm-toolkit.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* "metadata" of an object: dict "context" $ "suffix" "etc" (optional). */}}
{{- define "helm-toolkit.metadata" -}}
name: {{ include "helm-toolkit.name" .context }}{{ with .suffix }}-{{ . }}{{ end }}
labels:
  {{- include "helm-toolkit.labels" .context | nindent 2 }}
{{- end }}
