"""Real NGINX with the configuration of nginx/ in front of real `geoclimate serve` processes, for the tests of this folder."""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import program  # noqa: E402
from program import PATIENCE, SOURCE, Server  # noqa: E402

NGINX = os.environ.get("NGINX_PROGRAM", "/usr/sbin/nginx")
MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"
# The balancer of the tests stands on the servers' own machine: they believe what it says of the client.
BEHIND = {"GEOCLIMATE_API__RATE_LIMITING__TRUSTED_PROXIES": "[127.0.0.1]"}
TAKEN = set()


def free_port():
    """Below the ports that the system gives to connections, so that a server that starts again finds its own."""
    while True:
        port = random.randrange(12000, 32000)
        if port in TAKEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        TAKEN.add(port)
        return port


def wait_until(condition, what):
    until = time.monotonic() + PATIENCE
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"never came: {what}")
        time.sleep(0.05)


def state_of(stat):
    """The letter of a process or thread in its /proc/…/stat."""
    return stat.read_text().rsplit(")", 1)[1].split()[0]


class Pool:
    """Servers on ports that they keep when they are started again."""

    def __init__(self, count, *arguments, environment=None):
        self.arguments = arguments or ("serve", "--model", MODEL)
        self.environment = {**BEHIND, **(environment or {})}
        self.ports = [(free_port(), free_port()) for _ in range(count)]
        self.servers = []
        try:
            for index in range(count):
                self.servers.append(self._start(index))
        except BaseException:
            self.close()
            raise

    def _start(self, index):
        port, grpc_port = self.ports[index]
        return Server(*self.arguments, environment=self.environment, port=port, grpc_port=grpc_port)

    def restart(self, index, **environment):
        """Starts one that has ended, on the ports that it had, with other settings."""
        self.environment.update(environment)
        self.servers[index].__exit__()
        self.servers[index] = self._start(index)

    def pause(self, index):
        """Returns when every thread stands still."""
        process = self.servers[index].process
        process.send_signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{process.pid}/task")
        wait_until(lambda: all(state_of(task / "stat") == "T" for task in tasks.iterdir()), "it stands")

    def resume(self, index):
        self.servers[index].process.send_signal(signal.SIGCONT)

    def address(self, index):
        return f"127.0.0.1:{self.ports[index][0]}"

    def metric(self, index, name):
        """The sum of a metric's samples."""
        server = self.servers[index]
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith((name + "{", name + " ")))

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.process.send_signal(signal.SIGCONT)
            server.__exit__()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Balancer:
    """NGINX as docs/nginx.md says to run it. Only site/ is of the test; `limited` keeps the limits per client."""

    tls = None

    def __init__(self, pool, limited=False, site=None):
        self.pool = pool
        self.port, self.grpc_port, self.status_port = free_port(), free_port(), free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="geoclimate-nginx-")
        self.state = pathlib.Path(self.folder.name)
        self.state.chmod(0o755)  # the workers run as another user
        self.configuration = self.state / "conf"
        shutil.copytree(SOURCE / "nginx", self.configuration)
        for name, text in {**self._site(limited), **(site or {})}.items():
            (self.configuration / "site" / name).write_text(text)
        self.process = None

    def _site(self, limited):
        def servers(which):
            return "".join(f"server 127.0.0.1:{ports[which]} max_fails=3 fail_timeout=5s;\n"
                           for ports in self.pool.ports)

        return {
            "main.conf": "worker_processes 2;\nerror_log error.log info;\n",
            "http.conf": "access_log access.log api;\nset_real_ip_from 127.0.0.1;\n"
                         "real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n"
                         f"geo $is_unlimited {{ default {0 if limited else 1}; }}\n",
            "api_servers.conf": servers(0),
            "grpc_servers.conf": servers(1),
            "listen_http.conf": f"listen 127.0.0.1:{self.port};\n",
            "listen_grpc.conf": f"listen 127.0.0.1:{self.grpc_port} http2;\n",
            "listen_status.conf": f"listen 127.0.0.1:{self.status_port};\n",
        }

    def command(self, *more):
        return [NGINX, "-p", str(self.state), "-c", str(self.configuration / "nginx.conf"), *more]

    def check(self):
        return subprocess.run(self.command("-t"), capture_output=True, text=True, timeout=PATIENCE,
                              check=False)

    def start(self):
        self.process = subprocess.Popen(self.command("-g", "daemon off;"), stderr=subprocess.PIPE,
                                        text=True)
        wait_until(self._is_up, "NGINX listens")

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"NGINX ended: {self.process.stderr.read()}")
        try:
            return self.request("GET", "/live", port=self.status_port).status == 200
        except ConnectionError:
            return False

    def reload(self):
        """Returns when the workers of before have ended or are about to."""
        before = self.workers()
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not before & self.workers(), "the workers of before are gone")

    def workers(self):
        found = set()
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and fields[0] != "Z":
                found.add(int(stat.parent.name))
        return found

    def request(self, method, target, body=None, headers=None, port=None):
        return Server.request(self, method, target, body, headers, port)

    get, post, wait_for = Server.get, Server.post, Server.wait_for

    def predict(self, **data):
        return self.post("/predict", {"data": data})

    def log(self):
        """The access log's lines so far, oldest first; a tuple of the servers that were tried under `tried`."""
        text = (self.state / "access.log").read_text()
        lines = [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]
        for line in lines:
            line["tried"] = tuple(filter(None, line["server"].split(", ")))
        return lines

    def line(self, answer):
        """The access log's line of a request, which is written after its answer."""
        request_id = answer.headers["x-request-id"]
        return wait_until(lambda: next(
            (line for line in self.log() if line["request_id"] == request_id), None), "it is logged")

    @staticmethod
    def version():
        said = subprocess.run([NGINX, "-v"], capture_output=True, text=True, timeout=PATIENCE, check=True)
        return tuple(map(int, said.stderr.split("/")[1].split()[0].split(".")))

    def error_log(self):
        return (self.state / "error.log").read_text()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE)
        self.process.stderr.close()
        self.folder.cleanup()
