{{/*
Connections to PostgreSQL that each server may keep open, so that all of them together never ask for more than there are.

During a rollout there is one pod more than maxReplicas, and one that drains; each job may run once at a time.
*/}}
{{- define "geo-climate.servers" -}}
{{- if .Values.autoscaling.enabled }}{{ .Values.autoscaling.maxReplicas }}{{ else }}{{ .Values.api.replicas }}{{ end -}}
{{- end }}

{{- define "geo-climate.jobs" -}}
{{- add (len .Values.jobs.fetch.sources) (ternary 1 0 .Values.jobs.issue.enabled) (ternary 1 0 .Values.jobs.train.enabled) -}}
{{- end }}

{{- define "geo-climate.poolSize" -}}
{{- $database := .Values.database -}}
{{- if $database.pgbouncer -}}
{{- int $database.maxPoolSize -}}
{{- else -}}
{{- $pods := add (include "geo-climate.servers" . | int) 2 -}}
{{- $jobs := mul (include "geo-climate.jobs" . | int) (int $database.jobConnections) -}}
{{- $shared := sub (sub (int $database.maxConnections) (int $database.reservedConnections)) $jobs -}}
{{- $each := ternary (div $shared $pods) 0 (gt $shared 0) -}}
{{- if lt (int $each) 2 -}}
{{- fail (printf "database.maxConnections is %d: less %d reserved and %d for jobs that leaves %d for %d servers, and each needs 2. Raise it, lower autoscaling.maxReplicas, or put PgBouncer in between (database.pgbouncer)" (int $database.maxConnections) (int $database.reservedConnections) $jobs $shared $pods) -}}
{{- end -}}
{{- min $each (int $database.maxPoolSize) -}}
{{- end -}}
{{- end }}
