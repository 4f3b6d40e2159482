{{/* performance.yaml: what values say under `settings`, and over it what must fit the objects of this chart. */}}
{{- define "geo-climate.settings" -}}
{{- $secrets := "/etc/geo-climate/secrets" -}}
{{- $pool := include "geo-climate.poolSize" . | int -}}
{{- $own := dict
  "api" (dict
    "host" "0.0.0.0" "port" 8000 "grpc_port" 8001 "metrics_port" 9090
    "management" (dict "host" "127.0.0.1" "port" 8002)
    "drain_seconds" (int .Values.api.drainSeconds)
    "allowed_hosts" .Values.api.allowedHosts
    "rate_limiting" (dict "trusted_proxies" .Values.api.trustedProxies))
  "auth" (dict "required" true)
  "database" (dict
    "url_file" (printf "%s/database-url" $secrets)
    "pool" (dict "min_size" (min 2 $pool | int) "max_size" $pool))
  "storage" (dict "url" .Values.storage.url)
-}}
{{- if not (include "geo-climate.storeFolder" .) -}}
{{- $s3 := dict "region" .Values.storage.region "path_style" .Values.storage.pathStyle -}}
{{- with .Values.storage.endpoint }}{{ $_ := set $s3 "endpoint" . }}{{ end -}}
{{- if .Values.storage.credentialsFile }}{{ $_ := set $s3 "credentials_file" (printf "%s/s3-credentials" $secrets) }}{{ end -}}
{{- $_ := set $own.storage "s3" $s3 -}}
{{- end -}}
{{- if .Values.cache.redis -}}
{{- $redis := dict "enabled" true "url_file" (printf "%s/redis-url" $secrets) -}}
{{- if .Values.redis.enabled -}}
{{- $_ := set $redis "expect" (dict "max_memory" .Values.redis.maxMemory "eviction_policy" "allkeys-lru") -}}
{{- end -}}
{{- $_ := set $own "caching" (dict "redis" $redis) -}}
{{- end -}}
{{- range $source := .Values.jobs.fetch.sources -}}
{{- $sources := $own.sources | default dict -}}
{{- $_ := set $sources $source (dict "key_file" (printf "%s/%s-key" $secrets $source)) -}}
{{- $_ := set $own "sources" $sources -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.settings) $own) -}}
{{- end }}
