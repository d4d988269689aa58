{{/* Probes of a container that answers on a TCP port: its name. */}}
{{- define "helm-toolkit.tcpProbes" -}}
readinessProbe:
  tcpSocket:
    port: {{ . }}
  periodSeconds: 5
livenessProbe:
  tcpSocket:
    port: {{ . }}
  initialDelaySeconds: 60
  periodSeconds: 10
{{- end }}

{{/* An init container that waits for other Services: dict "image" "…" "services" (list "host:port"). */}}
{{- define "helm-toolkit.waitFor" -}}
- name: wait
  image: {{ .image }}
  command:
    - sh
    - -c
    - |
      for service in "$@"; do
        until nc -z -w 2 "${service%:*}" "${service#*:}"; do echo "waiting for $service"; sleep 2; done
      done
    - wait
    {{- range .services }}
    - {{ . | quote }}
    {{- end }}
  resources:
    requests:
      cpu: 10m
      memory: 16Mi
{{- end }}
