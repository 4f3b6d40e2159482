"""A real S3 server for tests: versitygw on a folder, at a free loopback port, ended by its process id."""

import http.client
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time

ACCESS_KEY, SECRET_KEY = "root-id", "root-secret"
BUCKET = "geo-climate"
PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class S3Server:
    def __init__(self, program, certificate=None, key=None, parent=None):
        """With a certificate, PEM, and its key it speaks TLS alone. `parent`: where its folder comes to lie."""
        self.program, self.certificate, self.key = program, certificate, key
        self.folder = tempfile.TemporaryDirectory(prefix="geoclimate-s3-", dir=parent)
        # A bucket is a folder of the gateway's.
        (pathlib.Path(self.folder.name) / "objects" / BUCKET).mkdir(parents=True)
        self.port = free_port()
        self.process = None
        self.start()

    def start(self):
        log = open(pathlib.Path(self.folder.name) / "log", "ab")
        tls = ["--cert", self.certificate, "--key", self.key] if self.certificate else []
        self.process = subprocess.Popen(
            [self.program, "--port", f"127.0.0.1:{self.port}", "--quiet", "--keep-alive", *tls, "posix",
             str(pathlib.Path(self.folder.name) / "objects")],
            env={"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + PATIENCE
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError((pathlib.Path(self.folder.name) / "log").read_text())
            time.sleep(0.02)

    def _listens(self):
        try:
            if self.certificate:
                trust = ssl.create_default_context(cafile=self.certificate)
                connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=trust)
            else:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            return True
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def environment(self):
        """What makes the program keep its models and tables here."""
        return {"GEOCLIMATE_STORAGE__URL": f"s3://{BUCKET}/platform",
                "GEOCLIMATE_STORAGE__S3__ENDPOINT": f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}",
                "GEOCLIMATE_STORAGE__S3__PATH_STYLE": "true",
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()
