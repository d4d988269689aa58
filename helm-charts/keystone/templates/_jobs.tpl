{{/* The parts of a Job that runs keystone-manage: dict "context" $ "name" "…" "args" (list …). */}}
{{- define "keystone.manage" -}}
initContainers:
  {{- include "keystone.wait" .context | nindent 2 }}
containers:
  - name: {{ .name }}
    image: {{ .context.Values.images.keystone }}
    command: [keystone-manage]
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      - name: OS_BOOTSTRAP_PASSWORD
        valueFrom:
          secretKeyRef:
            name: {{ include "helm-toolkit.name" .context }}-etc
            key: admin-password
    volumeMounts:
      {{- include "keystone.mounts" .context | nindent 6 }}
volumes:
  {{- include "keystone.volumes" .context | nindent 2 }}
{{- end }}

{{- define "keystone.dbInit" -}}
initContainers:
  {{- include "keystone.wait" . | nindent 2 }}
containers:
  - name: db-init
    image: {{ .Values.images.mariadb }}
    command: [sh, -c, 'exec mariadb --host="$DATABASE_HOST" --port="$DATABASE_PORT" --user=root < /etc/keystone/create-database.sql']
    env:
      - name: DATABASE_HOST
        value: {{ .Values.endpoints.database.host | quote }}
      - name: DATABASE_PORT
        value: {{ .Values.endpoints.database.port | quote }}
      - name: MYSQL_PWD
        valueFrom:
          secretKeyRef:
            name: {{ include "helm-toolkit.name" . }}-etc
            key: database-root-password
    volumeMounts:
      - name: etc
        mountPath: /etc/keystone/create-database.sql
        subPath: create-database.sql
        readOnly: true
volumes:
  {{- include "keystone.volumes" . | nindent 2 }}
{{- end }}

{{- define "keystone.dbSync" -}}
{{- include "keystone.manage" (dict "context" . "name" "db-sync" "args" (list "db_sync")) }}
{{- end }}

{{- define "keystone.bootstrap" -}}
{{- $admin := .Values.admin }}
{{- $url := printf "http://%s:5000/v3" (include "helm-toolkit.name" .) }}
{{- $args := list "bootstrap" "--bootstrap-username" $admin.user "--bootstrap-region-id" $admin.region }}
{{- range list "public" "internal" "admin" }}
{{- $args = concat $args (list (printf "--bootstrap-%s-url" .) $url) }}
{{- end }}
{{- include "keystone.manage" (dict "context" . "name" "bootstrap" "args" $args) }}
{{- end }}
