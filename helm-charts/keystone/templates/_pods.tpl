{{- define "keystone.wait" -}}
{{- $services := list }}
{{- range .Values.endpoints }}
{{- $services = append $services (printf "%s:%v" .host .port) }}
{{- end }}
{{- include "helm-toolkit.waitFor" (dict "image" .Values.images.wait "services" $services) }}
{{- end }}

{{- define "keystone.mounts" -}}
- name: etc
  mountPath: /etc/keystone/keystone.conf
  subPath: keystone.conf
  readOnly: true
{{- end }}

{{- define "keystone.volumes" -}}
- name: etc
  secret:
    secretName: {{ include "helm-toolkit.name" . }}-etc
    defaultMode: 0440
{{- end }}
