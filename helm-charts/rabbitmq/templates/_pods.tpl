{{- define "rabbitmq.credentials" -}}
{{- range $name, $key := dict "RABBITMQ_DEFAULT_USER" "user" "RABBITMQ_DEFAULT_PASS" "password" }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ include "helm-toolkit.name" $ }}-user
      key: {{ $key }}
{{- end }}
{{- end }}

{{- define "rabbitmq.clusterWait" -}}
containers:
  - name: cluster-wait
    image: {{ .Values.image }}
    env:
      {{- include "rabbitmq.credentials" . | trim | nindent 6 }}
    command:
      - sh
      - -c
      - |
        nodes() {
          wget -q -O - --header "Authorization: Basic $(printf %s "$RABBITMQ_DEFAULT_USER:$RABBITMQ_DEFAULT_PASS" | base64 -w 0)" \
            http://{{ include "helm-toolkit.name" . }}:15672/api/nodes | grep -o '"running":true' | wc -l
        }
        until [ "$(nodes)" -eq 1 ]; do echo "waiting for the node"; sleep 2; done
    resources:
      requests:
        cpu: 10m
        memory: 16Mi
{{- end }}
