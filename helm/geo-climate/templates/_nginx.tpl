{{/* What differs from machine to machine: nginx/site/. Each file by its name. */}}
{{- define "geo-climate.nginxSite" -}}
{{- $servers := printf "geo-climate-api-headless.%s.svc.%s" .Release.Namespace .Values.nginx.clusterDomain -}}
{{- $tls := .Values.nginx.tlsSecret -}}
main.conf: |
  worker_processes {{ int .Values.nginx.workers }};
  error_log stderr warn;
http.conf: |
  access_log /dev/stdout api;
  # Servers come and go: their names are asked again.
  resolver {{ .Values.nginx.resolver }} valid=5s;
  # A reload closes no connection of a client that has just been opened.
  keepalive_min_timeout 5s;
  {{- range .Values.nginx.trustedProxies }}
  set_real_ip_from {{ . }};
  {{- end }}
  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  geo $is_unlimited {
      default 0;
      {{- range .Values.nginx.unlimitedClients }}
      {{ . }} 1;
      {{- end }}
  }
api_servers.conf: |
  server {{ $servers }}:8000 resolve max_fails=3 fail_timeout=5s;
grpc_servers.conf: |
  server {{ $servers }}:8001 resolve max_fails=3 fail_timeout=5s;
listen_status.conf: |
  listen 8081;
  server_name _;
{{- range $name, $port := dict "http" 8080 "grpc" 8082 }}
listen_{{ $name }}.conf: |
  listen {{ $port }}{{ if $tls }} ssl{{ end }} default_server;
  {{- if or $tls (eq $name "grpc") }}
  http2 on;
  {{- end }}
  server_name _;
  {{- if $tls }}
  ssl_certificate /etc/geo-climate/tls/tls.crt;
  ssl_certificate_key /etc/geo-climate/tls/tls.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls_{{ $name }}:10m;
  ssl_session_timeout 1d;
  {{- end }}
{{- end }}
{{- end }}
