"""A cluster without containers: the real etcd, API server, controllers and scheduler of Kubernetes, and nodes that kwok plays.

What is decided here is decided by Kubernetes itself: admission, scheduling, rollouts, budgets, scaling. Nothing runs in the
pods and nothing is reached over a network; tests/nginx and tests/deploy have the programs for that.
"""

import contextlib
import json
import pathlib
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

import certificates
from processes import SOURCE, Processes
from waiting import free_port, until

TOOLS = pathlib.Path(subprocess.run([SOURCE / "tools/kubernetes_tools.sh"], check=True, capture_output=True,
                                    text=True).stdout.strip())
STAGES = pathlib.Path(__file__).resolve().parent / "stages.yaml"


class Cluster(contextlib.ExitStack):
    """Ended by its context manager."""

    def __init__(self, controllers=()):
        """`controllers`: more options of the controller manager."""
        super().__init__()
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="geoclimate-cluster-")))
            self.processes = self.enter_context(Processes(self.folder))
            self._make_certificates()
            self._start_api_server()
            self._start_controllers(controllers)
            undo.pop_all()

    def _make_certificates(self):
        self.authority = certificates.Authority(self.folder, "authority")
        # Of the API server where it speaks for its callers to APIs that others serve.
        self.front = certificates.Authority(self.folder, "front-proxy-authority")
        self.signing_key = certificates.signing_key(self.folder)

    def _start_api_server(self):
        store, port = free_port(), free_port()
        etcd = self.processes.start(
            "etcd", "--data-dir=etcd", f"--listen-client-urls=http://127.0.0.1:{store}",
            f"--advertise-client-urls=http://127.0.0.1:{store}", f"--listen-peer-urls=http://127.0.0.1:{free_port()}",
            "--unsafe-no-fsync", "--log-level=warn")
        self.processes.until(etcd, "etcd", lambda: self._answers(f"http://127.0.0.1:{store}/readyz"))
        certificate, key = self.authority.sign("api-server", "kube-apiserver", addresses=["IP:127.0.0.1", "DNS:localhost"])
        front_certificate, front_key = self.front.sign("front-proxy", "front-proxy")
        self.url = f"https://127.0.0.1:{port}"
        server = self.processes.start(
            "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{store}", f"--secure-port={port}",
            "--bind-address=127.0.0.1", "--advertise-address=192.0.2.1", "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=Node,RBAC",
            f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
            f"--client-ca-file={self.authority.certificate}",
            f"--service-account-key-file={self.signing_key}", f"--service-account-signing-key-file={self.signing_key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--requestheader-client-ca-file={self.front.certificate}", "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={front_certificate}", f"--proxy-client-key-file={front_key}")
        self.kubeconfig = self._kubeconfig("admin", "system:masters")
        trusted = ssl.create_default_context(cafile=self.authority.certificate)
        self.processes.until(server, "kube-apiserver", lambda: self._answers(f"{self.url}/readyz", trusted))

    def _start_controllers(self, options):
        self.processes.start(
            "kube-controller-manager", f"--kubeconfig={self._kubeconfig('system:kube-controller-manager')}",
            f"--service-account-private-key-file={self.signing_key}", f"--root-ca-file={self.authority.certificate}",
            "--use-service-account-credentials", "--leader-elect=false", "--secure-port=0", *options)
        self.processes.start("kube-scheduler", f"--kubeconfig={self._kubeconfig('system:kube-scheduler')}",
                             "--leader-elect=false", "--secure-port=0")
        self.processes.start("kwok", f"--kubeconfig={self.kubeconfig}", "--manage-all-nodes",
                             "--node-lease-duration-seconds=40", f"--config={STAGES}")
        # Without it no pod is let in.
        until(lambda: self.kubectl("get", "serviceaccount", "default", check=False).returncode == 0,
              lambda: f"accounts: {self.processes.said_last('kube-controller-manager')}")

    def _kubeconfig(self, user, group=None):
        certificate, key = self.authority.sign(user.replace(":", "-"), user, group)
        file = self.folder / f"{certificate.stem}.kubeconfig"
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
            "clusters": [{"name": "here", "cluster": {
                "server": self.url, "certificate-authority": str(self.authority.certificate)}}],
            "users": [{"name": "here", "user": {"client-certificate": str(certificate), "client-key": str(key)}}]}))
        return file

    @staticmethod
    def _answers(url, trusted=None):
        try:
            with urllib.request.urlopen(url, timeout=5, context=trusted) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def _run(self, program, arguments, check, given):
        result = subprocess.run(
            [TOOLS / program, "--kubeconfig", self.kubeconfig, *map(str, arguments)], capture_output=True, text=True,
            check=False, timeout=600, input=given, cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder)})
        if check and result.returncode != 0:
            raise AssertionError(f"{program} {' '.join(map(str, arguments))}: {result.stdout}{result.stderr}")
        return result

    def kubectl(self, *arguments, check=True, given=None):
        return self._run("kubectl", arguments, check, given)

    def helm(self, *arguments, check=True):
        return self._run("helm", arguments, check, None)

    def apply(self, *objects, check=True):
        """Each a dict."""
        return self.kubectl("apply", "--server-side", "-f", "-", check=check,
                            given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def create(self, *objects):
        """Each a dict, with its status."""
        self.kubectl("create", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, kind, name, namespace=None):
        return json.loads(self.kubectl("get", kind, name, *self._in(namespace), "-o", "json").stdout)

    def list(self, kind, namespace=None, **labels):
        selector = ["--selector", ",".join(f"app.kubernetes.io/{name}={value}" for name, value in labels.items())]
        return json.loads(self.kubectl("get", kind, *self._in(namespace), *(selector if labels else []),
                                       "-o", "json").stdout)["items"]

    @staticmethod
    def _in(namespace):
        return ["--namespace", namespace] if namespace else []
