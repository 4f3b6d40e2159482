{{/* Said to checkov where it is so. */}}
{{- define "geo-climate.statefulExceptions" -}}
checkov.io/skip1: CKV_K8S_40=the user 999 is the image's own, whose files belong to it
{{- end }}

{{/* What the pods of PostgreSQL and Redis have alike. Call with root and component. */}}
{{- define "geo-climate.statefulStart" -}}
serviceAccountName: geo-climate-sa
automountServiceAccountToken: false
enableServiceLinks: false
priorityClassName: geo-climate-serving
securityContext:
  runAsNonRoot: true
  # The user of the image.
  runAsUser: 999
  runAsGroup: 999
  fsGroup: 999
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* Call with root, component and port. */}}
{{- define "geo-climate.statefulService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "geo-climate.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- include "geo-climate.selector" . | nindent 4 }}
  ports:
    - name: {{ .component }}
      port: {{ .port }}
      targetPort: {{ .component }}
{{- end }}
