{{- define "geo-climate.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "geo-climate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A change of settings starts the pods anew: the program reads them once. */}}
{{- define "geo-climate.settingsDigest" -}}
checksum/settings: {{ include "geo-climate.settings" . | sha256sum }}
{{- end }}

{{/* Of every pod of the program. Call with (dict "root" $ "data" "CLAIM, or empty for a folder that goes with the pod"). */}}
{{- define "geo-climate.volumes" -}}
- name: settings
  configMap:
    name: geo-climate-config
- name: secrets
  secret:
    secretName: {{ .root.Values.secrets.name }}
    defaultMode: 0440
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
- name: data
{{- if .data }}
  persistentVolumeClaim:
    claimName: {{ .data }}
{{- else }}
  emptyDir:
    sizeLimit: {{ .root.Values.api.scratchSize }}
{{- end }}
{{- if include "geo-climate.storeFolder" .root }}
- name: store
  persistentVolumeClaim:
    claimName: geo-climate-models-pvc
{{- end }}
{{- end }}

{{- define "geo-climate.mounts" -}}
- name: settings
  mountPath: /etc/geo-climate/performance.yaml
  subPath: performance.yaml
  readOnly: true
- name: secrets
  mountPath: /etc/geo-climate/secrets
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: data
  mountPath: /var/lib/geo-climate
{{- with include "geo-climate.storeFolder" . }}
- name: store
  mountPath: {{ . }}
{{- end }}
{{- end }}

{{/* What the NetworkPolicies know a pod of the program by. */}}
{{- define "geo-climate.programLabel" -}}
geo-climate.io/runs: program
{{- end }}

{{/* The environment would override settings: nothing of the namespace's other Services goes into it. */}}
{{- define "geo-climate.podStart" -}}
serviceAccountName: geo-climate-sa
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "geo-climate.podSecurity" . | nindent 2 }}
{{- end }}
