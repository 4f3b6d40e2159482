"""Starts the servers that are compared, each alone on a port of its own, and reads what they cost from /proc."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

SERVER_CORE = "0"
CLIENT_CORE = "1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server; `pids` are the processes whose CPU time counts."""

    def __init__(self, name, command, port, environment=None):
        self.name = name
        self.port = port
        # Into a file: nobody reads a pipe while wrk runs.
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CORE] + command, stdout=self.output,
                                        stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_until(self, path, seconds=60, patience=0.05):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                return urllib.request.urlopen(self.url(path), timeout=5).read()
            except (urllib.error.URLError, ConnectionError, socket.timeout):
                time.sleep(patience)
        self.output.seek(0)
        raise SystemExit(f"{self.name} does not answer {path}:\n{self.output.read().decode(errors='replace')}")

    def pids(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [self.process.pid] + [int(pid) for pid in file.read().split()]

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                # Nanoseconds on a CPU.
                with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                    total += int(file.read().split()[0])
        return total / 1e9

    def cpu_seconds_by_thread(self):
        """By name; threads of the same name together."""
        seconds = {}
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/comm") as comm, open(f"/proc/{self.process.pid}/task/{task}/schedstat") as stat:
                name = comm.read().strip()
                seconds[name] = seconds.get(name, 0) + int(stat.read().split()[0]) / 1e9
        return seconds

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()


def nginx_command(folder, port, body_bytes, status=200):
    """Of an NGINX that answers everything with `status`; 200 has a body of so many bytes. Its files lie in `folder`."""
    answer = nginx_constant(body_bytes) if status == 200 else f"return {status};"
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600; default_type application/json;
  {temporary}
  server {{ listen 127.0.0.1:{port}; location / {{ {answer} }} }}
}}
""")
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]


def nginx_constant(body_bytes):
    # A parameter may have 4096 bytes: longer bodies are a short one repeated.
    repeats = body_bytes // 4000
    part = f"set $part '{'x' * 4000}'; " if repeats else ""
    rest = "x" * (body_bytes - 4000 * repeats)
    return f"{part}return 200 '{'${part}' * repeats}{rest}';"


class Nginx(Server):
    """Answers everything with 200 and a body of so many bytes, or with 304."""

    def __init__(self, body_bytes, status=200):
        self.folder = tempfile.mkdtemp(prefix="serving-nginx-")
        port = free_port()
        super().__init__("nginx", nginx_command(self.folder, port, body_bytes, status), port)
        if status == 200:
            self.wait_until("/")
        else:
            time.sleep(0.5)

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder)


class GrpcEcho(Server):
    """Bare gRPC: every call is answered with a constant."""

    def __init__(self, bench_dir):
        self.grpc_port = free_port()
        super().__init__("echo", [os.path.join(bench_dir, "grpc_echo_server"), str(self.grpc_port)], self.grpc_port)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.grpc_port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("grpc_echo_server does not listen")


def geoclimate(program, global_options, environment, serve_options, patience=0.05, threads=1, ready_within=60):
    port, grpc_port, management_port = free_port(), free_port(), free_port()
    # Every row is computed: a cache would turn the second pass over the rows into look-ups.
    environment = {"GEOCLIMATE_CACHING__PREDICTION_CACHE__ENABLED": "false", **(environment or {})}
    server = Server("geoclimate", [
        program, *global_options, "serve", "--threads", str(threads), "--port", str(port), "--management-port", str(management_port),
        "--metrics-port", "0", "--grpc-port", str(grpc_port), *serve_options], port, environment)
    server.grpc_port, server.management_port = grpc_port, management_port
    server.wait_until("/health/ready", ready_within, patience)
    return server
