"""Runs the program for the tests of this folder: verbs to their end, `serve` in the background."""

import gzip
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
AS_OF = "2020-12-31"
# Long enough for a sanitizer build on a busy machine; nothing waits for it to pass.
PATIENCE = 120


def run(*arguments, environment=None, check=True):
    result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                            timeout=PATIENCE * 4, check=False,
                            env={**os.environ, **(environment or {})})
    if check and result.returncode != 0:
        raise AssertionError(f"{arguments}: exit {result.returncode}\n{result.stderr}")
    return result


def make_data_directory(folder):
    """A small real platform: four years of NO2 around Los Angeles, models of one lead time, their forecasts."""
    files = sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))
    run("--data-dir", folder, "ingest", *files)
    run("--data-dir", folder, "train", "--pollutants", "NO2", "--horizons", "1", "--promote")
    run("--data-dir", folder, "issue", "--as-of", AS_OF)


def scratch():
    return tempfile.TemporaryDirectory(prefix="geoclimate-e2e-")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        raw = response.read()
        self.body = gzip.decompress(raw) if self.headers.get("content-encoding") == "gzip" else raw

    def json(self):
        return json.loads(self.body)


class Server:
    """`geoclimate serve` on free ports, or those of `port` and `grpc_port`; ended by its context manager."""

    def __init__(self, *arguments, environment=None, port=0, grpc_port=0, tls=None, process_group=None):
        """`tls`: an ssl.SSLContext for requests to a server that has a certificate. `process_group`: that it joins; 0: its own."""
        self.tls = tls
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments), "--port", str(port), "--management-port", "0",
             "--metrics-port", "0", "--grpc-port", str(grpc_port)],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, process_group=process_group,
            env={**os.environ, "GEOCLIMATE_API__DRAIN_SECONDS": "1", **(environment or {})})
        self.summary = self._read_summary()
        ports = re.findall(r"https?://127\.0\.0\.1:(\d+)([^\n]*)", self.summary)
        self.port = next(int(port) for port, path in ports if path == "/docs")
        self.metrics_port = next(int(port) for port, path in ports if path == "/metrics")
        self.grpc_port = int(re.search(r"grpc://127\.0\.0\.1:(\d+)", self.summary).group(1))
        self.management_port = next(
            (int(port) for port, path in ports if "management" in path), None)

    def _read_summary(self):
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.endswith("/metrics\n"):
                return "".join(lines)
        self.process.wait()
        raise AssertionError(f"serve ended: {self.stderr()}")

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def request(self, method, target, body=None, headers=None, port=None):
        port = port or self.port
        if self.tls is None or port == self.metrics_port:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE,
                                                     context=self.tls)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.request("GET", target,
                            headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, target, body, media_type="application/json"):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return self.request("POST", target, body, {"Content-Type": media_type})

    def wait_for(self, target, status):
        """Asks until the answer has the status: for what a background thread does."""
        until = time.monotonic() + PATIENCE
        while True:
            answer = self.get(target)
            if answer.status == status:
                return answer
            if time.monotonic() > until:
                raise AssertionError(f"{target}: still {answer.status}, {answer.body}")
            time.sleep(0.05)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait(self):
        code = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        self.errors.close()
