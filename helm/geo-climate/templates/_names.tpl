{{/* Labels of an object. Call with (dict "root" $ "component" "api"). */}}
{{- define "geo-climate.labels" -}}
{{ include "geo-climate.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: geo-climate
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* What never changes between versions: selectors cannot. */}}
{{- define "geo-climate.selector" -}}
app.kubernetes.io/name: geo-climate
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "geo-climate.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Whether models lie on a volume instead of in object storage, and where. */}}
{{- define "geo-climate.storeFolder" -}}
{{- if hasPrefix "file://" .Values.storage.url }}{{ trimPrefix "file://" .Values.storage.url }}{{ end -}}
{{- end }}
