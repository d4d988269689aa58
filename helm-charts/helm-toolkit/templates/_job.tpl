{{/*
A Job that helm runs after the objects were applied, and waits for: dict "context" $ "name" "db-sync" "weight" 2 "pod" (template of its pod's containers).
Of Jobs with different weights the lower one is first.
*/}}
{{- define "helm-toolkit.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "helm-toolkit.metadata" (dict "context" .context "suffix" .name) | nindent 2 }}
  annotations:
    helm.sh/hook: post-install,post-upgrade
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 6
  template:
    metadata:
      labels:
        {{- /* Not the labels that the Service selects by. */}}
        app.kubernetes.io/name: {{ include "helm-toolkit.name" .context }}-{{ .name }}
        app.kubernetes.io/instance: {{ .context.Release.Name }}
    spec:
      automountServiceAccountToken: false
      restartPolicy: OnFailure
      {{- include .pod .context | nindent 6 }}
{{- end }}
