"""metrics.k8s.io and custom.metrics.k8s.io, as metrics-server and prometheus-adapter give them: here from recorded load.

The API server asks over TLS, by a certificate of its own, and the HPA controller asks the API server.
"""

import base64
import contextlib
import datetime
import http.server
import json
import pathlib
import ssl
import threading
import urllib.parse

from installing import NAMESPACE
from waiting import until

WINDOW = "15s"
REQUESTS = "http_requests_per_second"
VERSIONS = {"metrics.k8s.io": "v1beta1", "custom.metrics.k8s.io": "v1beta2"}
HOLDER = "kube-system"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    ending = False

    def end(self):
        self.ending = True
        self.shutdown()

    def handle_error(self, request, client_address):
        # The cluster that a question is about may end before its answer.
        if not self.ending:
            super().handle_error(request, client_address)


class MetricsApi(contextlib.ExitStack):
    """Shares `load` (requests a second, of all callers together) among the pods that are ready, each as `curve` says."""

    def __init__(self, cluster, curve, pods):
        """`pods`: gives the pods that there are."""
        super().__init__()
        self.curve, self.pods, self.load = curve, pods, 0.0
        self.server = Server(("127.0.0.1", 0), self._handler())
        self.callback(self.server.server_close)
        certificate, key = cluster.authority.sign("metrics", "metrics", addresses=[f"DNS:metrics.{HOLDER}.svc"])
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cluster.front.certificate)
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_cert_chain(certificate, key)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.callback(self.server.end)
        self._register(cluster)

    def _register(self, cluster):
        authority = pathlib.Path(cluster.authority.certificate).read_bytes()
        cluster.apply(
            # By name, for an address of the loopback is not let into Endpoints.
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "metrics", "namespace": HOLDER},
             "spec": {"type": "ExternalName", "externalName": "localhost"}},
            *({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
               "metadata": {"name": f"{version}.{group}"},
               "spec": {"group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100,
                        "caBundle": base64.b64encode(authority).decode(),
                        "service": {"name": "metrics", "namespace": HOLDER, "port": self.server.server_port}}}
              for group, version in VERSIONS.items()))
        for group, version in VERSIONS.items():
            cluster.kubectl("wait", "--for=condition=Available", f"apiservice/{version}.{group}", "--timeout=300s")
        until(lambda: set(VERSIONS) <= self._groups(cluster), "the metrics to be discovered")

    @staticmethod
    def _groups(cluster):
        return {group["name"] for group in json.loads(cluster.kubectl("get", "--raw", "/apis").stdout)["groups"]}

    def _handler(self):
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                answer = api.answer(urllib.parse.unquote(urllib.parse.urlsplit(self.path).path))
                body = json.dumps(answer or {}).encode()
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, path):
        for group, version in VERSIONS.items():
            if path == f"/apis/{group}/{version}":
                return self._resources(group, version)
        pods = {f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods": self._resource_metrics,
                f"/apis/custom.metrics.k8s.io/v1beta2/namespaces/{NAMESPACE}/pods/*/{REQUESTS}": self._custom_metrics}
        if path not in pods:
            return None
        ready = [pod for pod in self.pods() if any(condition["type"] == "Ready" and condition["status"] == "True" for
                                                   condition in pod["status"].get("conditions", []))]
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return pods[path](ready, self.curve.at(self.load / max(1, len(ready))), now)

    @staticmethod
    def _resources(group, version):
        name, kind = ("pods", "PodMetrics") if group == "metrics.k8s.io" else (f"pods/{REQUESTS}", "MetricValueList")
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{group}/{version}", "resources": [
            {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]}]}

    @staticmethod
    def _resource_metrics(pods, measured, now):
        usage = {"cpu": f"{measured.cpu_cores * 1e9:.0f}n", "memory": f"{measured.memory_bytes:.0f}"}
        return {"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": [
            {"metadata": {"name": pod["metadata"]["name"], "namespace": NAMESPACE}, "timestamp": now, "window": WINDOW,
             "containers": [{"name": container["name"], "usage": usage} for container in pod["spec"]["containers"]]}
            for pod in pods]}

    @staticmethod
    def _custom_metrics(pods, measured, now):
        return {"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta2", "metadata": {}, "items": [
            {"describedObject": {"kind": "Pod", "namespace": NAMESPACE, "name": pod["metadata"]["name"],
                                 "apiVersion": "/v1"},
             "metric": {"name": REQUESTS}, "timestamp": now,
             "value": f"{measured.requests_per_second * 1000:.0f}m"} for pod in pods]}
