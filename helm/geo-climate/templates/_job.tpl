{{/* A CronJob of one verb. Call with root, name, args, job (its values), data (claim of its folder, or empty), retries. */}}
{{- define "geo-climate.job" -}}
{{- $labels := dict "root" .root "component" .name -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: geo-climate-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "geo-climate.labels" $labels | nindent 4 }}
spec:
  schedule: {{ .job.schedule | quote }}
  timeZone: Etc/UTC
  # Twice at once would do the same work twice.
  concurrencyPolicy: Forbid
  # One that could not start in time is left to the next.
  startingDeadlineSeconds: 600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: {{ .retries }}
      activeDeadlineSeconds: {{ .job.deadlineSeconds }}
      ttlSecondsAfterFinished: 86400
      template:
        metadata:
          labels:
            {{- include "geo-climate.labels" $labels | nindent 12 }}
            {{- include "geo-climate.programLabel" . | nindent 12 }}
        spec:
          {{- include "geo-climate.podStart" .root | nindent 10 }}
          priorityClassName: geo-climate-batch
          restartPolicy: Never
          containers:
            - name: {{ .name }}
              image: {{ include "geo-climate.image" .root }}
              imagePullPolicy: {{ .root.Values.image.pullPolicy }}
              args: [{{ join ", " .args }}]
              env:
                - name: GEOCLIMATE_DATABASE__POOL__MAX_SIZE
                  value: {{ .root.Values.database.jobConnections | quote }}
                - name: GEOCLIMATE_DATABASE__POOL__MIN_SIZE
                  value: "1"
              resources:
                {{- toYaml .job.resources | nindent 16 }}
              securityContext:
                {{- include "geo-climate.containerSecurity" .root | nindent 16 }}
              volumeMounts:
                {{- include "geo-climate.mounts" .root | nindent 16 }}
          volumes:
            {{- include "geo-climate.volumes" (dict "root" .root "data" .data) | nindent 12 }}
{{- end }}
