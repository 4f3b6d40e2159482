"""The rate of a key over two servers that share it through Redis: together it is one rate, and without Redis its parts.

What was let in is printed beside what the rate allows. LIMITS_SECONDS is how long each measurement lasts.

Usage: limits_test.py PROGRAM SOURCE_DIR
"""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

from postgres import PostgresServer
from program import PATIENCE, Server, run, scratch

SECONDS = float(os.environ.get("LIMITS_SECONDS", "4"))
PER_MINUTE, BURST = 1200, 40
RATE = PER_MINUTE / 60


class Redis:
    """A redis-server of the test's own, on a Unix socket, without persistence; ended by its process id."""

    def __init__(self, folder):
        self.socket = str(folder / "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no",
             "--dir", str(folder), "--logfile", str(folder / "log")])
        until = time.monotonic() + PATIENCE
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError("redis-server does not start")
            time.sleep(0.02)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(self.socket)
                connection.sendall(b"PING\r\n")
                return b"PONG" in connection.recv(64)
            except OSError:
                return False

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Caller(threading.Thread):
    """Asks one server again and again, several times as often as the key may."""

    def __init__(self, port, fields, ends):
        super().__init__()
        self.port, self.fields, self.ends = port, fields, ends
        self.statuses = {}
        self.took = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while time.monotonic() < self.ends:
            begin = time.monotonic()
            connection.request("GET", "/models", headers=self.fields)
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.monotonic() - begin)
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            time.sleep(0.25 / RATE)
        connection.close()


class LimitsTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.redis = Redis(self.root)
        self.addCleanup(self.redis.kill)
        postgres = PostgresServer()
        self.addCleanup(postgres.close)
        (self.root / "database").write_text(postgres.url(postgres.new_database()) + "\n")
        (self.root / "redis").write_text(f"unix://{self.redis.socket}\n")
        self.environment = {"GEOCLIMATE_DATABASE__URL_FILE": str(self.root / "database"),
                            "GEOCLIMATE_CACHING__REDIS__ENABLED": "true",
                            "GEOCLIMATE_CACHING__REDIS__URL_FILE": str(self.root / "redis"),
                            "GEOCLIMATE_API__RATE_LIMITING__REQUESTS_PER_MINUTE": str(PER_MINUTE),
                            "GEOCLIMATE_API__RATE_LIMITING__BURST": str(BURST),
                            "GEOCLIMATE_API__RATE_LIMITING__TRUSTED_PROXIES": "[127.0.0.1]",
                            "GEOCLIMATE_AUTH__REQUIRED": "true"}
        self.keys = [self.make_key() for _ in range(3)]
        self.servers = [self.serve(name) for name in ("a", "b")]
        for server in self.servers:
            self.until(lambda server=server: self.metric(server, "rate_limit_replicas") == 2)

    def make_key(self):
        made = run("--data-dir", self.root, "keys", "create", "--name", "test", "--json", environment=self.environment)
        return json.loads(made.stdout)["key"]

    def serve(self, name):
        folder = self.root / name
        folder.mkdir()
        server = Server("--data-dir", folder, "serve", environment=self.environment)
        self.addCleanup(server.__exit__)
        return server

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def metric(self, server, name):
        body = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        return next((float(line.split()[1]) for line in body.splitlines() if line.startswith(name + " ")), None)

    def measure(self, what, fields, refused=429, admitted=200):
        begin = time.monotonic()
        callers = [Caller(server.port, fields, begin + SECONDS) for server in self.servers]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        took = time.monotonic() - begin
        passed = [caller.statuses.get(admitted, 0) for caller in callers]
        for caller in callers:
            self.assertLessEqual(set(caller.statuses), {admitted, refused})
            self.assertGreater(caller.statuses.get(refused, 0), 0)
        latest = sorted(time for caller in callers for time in caller.took)
        print(f"{what}: {passed} let in within {took:.1f} s, {sum(passed) / (BURST + RATE * took):.2f} of burst and rate; "
              f"median {1e3 * latest[len(latest) // 2]:.1f} ms, longest {1e3 * latest[-1]:.1f} ms")
        return sum(passed), BURST + RATE * took

    def assert_within(self, passed, allowed):
        self.assertGreaterEqual(passed, 0.85 * allowed)
        # Beyond: what each let in on its share before an answer was there.
        self.assertLessEqual(passed, allowed + BURST + 1)

    def test_two_servers_keep_one_rate_of_a_key_with_redis_and_without(self):
        self.assert_within(*self.measure("a key", {"X-API-Key": self.keys[0]}))
        # A caller whose connections are on one server has all of the rate.
        both, self.servers = self.servers, self.servers[:1]
        self.assert_within(*self.measure("a key on one server", {"X-API-Key": self.keys[1]}))
        self.servers = both
        self.redis.kill()
        for server in self.servers:
            self.until(lambda server=server: self.metric(server, "rate_limit_shared") == 0)
        passed, allowed = self.measure("a key without Redis", {"X-API-Key": self.keys[2]})
        self.assertLessEqual(passed, allowed + 2)
        self.assertGreaterEqual(passed, 0.85 * allowed)

    def test_two_servers_keep_one_rate_of_an_address(self):
        self.assert_within(*self.measure("an address", {"X-API-Key": "guess", "X-Forwarded-For": "192.0.2.1"},
                                         admitted=401))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
