"""Two processes that share answers through Redis while Redis is slow, stalled, cut off, killed, full or talks rubbish.

Every answer must be 200 and right, of a costly model and of a cheap one, whatever Redis does; afterwards both processes
must find in it again what the other computed, without a restart. What the requests took is printed, quiet and under each
fault. REDIS_FAULT_SECONDS is how long each fault lasts.
"""
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SECONDS = float(os.environ.get("REDIS_FAULT_SECONDS", "1.5"))
sys.path.insert(0, str(pathlib.Path(sys.argv[2]) / "tests/e2e"))
import costly_model
from program import PATIENCE, SOURCE, Server
from relay import Relay

ROWS = 96
TOGETHER = 16  # rows of a batch: so costly that Redis is worth asking on a busy machine too
CHEAP = "xgb_squarederror"


class Redis:
    """A redis-server of the test's own, on a Unix socket, without persistence; ended by its process id."""

    def __init__(self, folder):
        self.socket = str(folder / "redis.sock")
        self._folder = folder
        self._process = None
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no",
             "--dir", str(self._folder), "--logfile", str(self._folder / "log")])
        until = time.monotonic() + PATIENCE
        while b"PONG" not in self.say("PING"):
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError("redis-server does not start")
            time.sleep(0.02)

    def say(self, *words):
        """One command; its answer as bytes, empty when there is none."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(self.socket)
                lines = [f"*{len(words)}", *(line for word in words for line in (f"${len(word)}", word)), ""]
                connection.sendall("\r\n".join(lines).encode())
                return connection.recv(65536)
            except OSError:
                return b""

    def kill(self):
        self._process.kill()
        self._process.wait()

    def signal(self, number):
        self._process.send_signal(number)


class Caller(threading.Thread):
    """Asks one row after another until it is told to end; notes what took how long and what was wrong."""

    def __init__(self, port, model, rows, expected, ends):
        super().__init__()
        self.port, self.model, self.rows, self.expected, self.ends = port, model, rows, expected, ends
        self.took, self.wrong = [], []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        numbers = random.Random(self.port)
        while not self.ends.is_set():
            first = numbers.randrange(len(self.rows) // TOGETHER) * TOGETHER
            some = slice(first, first + (TOGETHER if self.model == "costly" and numbers.random() < 0.7 else 1))
            body = json.dumps({"model_name": self.model, "data": self.rows[some]})
            begin = time.monotonic()
            connection.request("POST", "/predict/batch", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            self.took.append(time.monotonic() - begin)
            values = json.loads(text)["predictions"] if response.status == 200 else []
            expected = self.expected[some]
            if len(values) != len(expected) or any(abs(v - e) > 1e-3 * max(1, abs(e)) for v, e in zip(values, expected)):
                self.wrong.append((response.status, text[:300], expected))
        connection.close()


def quantiles(took):
    took = sorted(took)
    at = [took[min(len(took) - 1, int(q * len(took)))] * 1000 for q in (0.5, 0.99, 1)]
    return "p50 {:6.2f} p99 {:6.2f} max {:6.2f} ms of {:5d}".format(*at, len(took))


class RedisFaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="geoclimate-redis-faults-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        costly_model.write(cls.folder / "costly.onnx", products=300)
        cls.redis = Redis(cls.folder)
        cls.addClassCleanup(cls.redis.kill)
        cls.relay = cls.enterClassContext(Relay(cls.redis.socket))
        url_file = cls.folder / "redis_url"
        url_file.write_text(f"redis://127.0.0.1:{cls.relay.port}\n")
        models = ["--model", cls.folder / "costly.onnx", "--model", SOURCE / f"tests/golden/models/{CHEAP}.json"]
        shared = {"GEOCLIMATE_CACHING__REDIS__ENABLED": "true",
                  "GEOCLIMATE_CACHING__REDIS__URL_FILE": str(url_file),
                  "GEOCLIMATE_CACHING__REDIS__TIMEOUT_MS": "100",
                  # So that memory forgets, and Redis is asked.
                  "GEOCLIMATE_CACHING__PREDICTION_CACHE__TTL_SECONDS": "1",
                  # Queues of a test on a busy machine are not what is tested.
                  "GEOCLIMATE_SERVING__BATCHING__MAX_WAIT_MS": "60000"}
        cls.servers = [cls.enterClassContext(Server("serve", *models, environment=shared)) for _ in range(2)]
        alone = cls.enterClassContext(Server("serve", *models, environment={
            "GEOCLIMATE_SERVING__BATCHING__MAX_WAIT_MS": "60000"}))
        cls.rows, cls.expected = {}, {}
        numbers = random.Random(7)
        for model in ("costly", CHEAP):
            names = [f["name"] for m in alone.get("/models").json() if m["model_name"] == model for f in m["features"]]
            cls.rows[model] = [{name: round(numbers.uniform(-1, 1), 3) for name in names} for _ in range(ROWS)]
            answer = alone.post("/predict/batch", {"model_name": model, "data": cls.rows[model]}).json()
            cls.expected[model] = answer["predictions"]

    def metric(self, server, series):
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        found = re.search("^" + re.escape(series) + r" (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def hits(self, server):
        return self.metric(server, 'cache_hits_total{cache="prediction",tier="redis",model="costly"}')

    def ask(self, seconds, fault=lambda ends: None):
        """All callers for so long, `fault` beside them; what they took, by model. No answer may be wrong."""
        ends = threading.Event()
        callers = [Caller(server.port, model, self.rows[model], self.expected[model], ends)
                   for server in self.servers for model in ("costly", CHEAP)]
        for caller in callers:
            caller.start()
        try:
            fault(ends)
            ends.wait(seconds)
        finally:
            ends.set()
            for caller in callers:
                caller.join()
        for caller in callers:
            self.assertEqual(caller.wrong, [], caller.model)
            self.assertGreater(len(caller.took), 0)
        return {model: [t for c in callers if c.model == model for t in c.took] for model in ("costly", CHEAP)}

    def await_sharing(self):
        """Until both processes find in Redis what is there, again."""
        before = [self.hits(server) for server in self.servers]
        until = time.monotonic() + PATIENCE
        while any(self.hits(server) <= hits for server, hits in zip(self.servers, before)):
            self.assertLess(time.monotonic(), until, "nothing is found in Redis any more")
            self.ask(0.3)

    def under(self, name, fault, recover):
        self.await_sharing()
        try:
            took = self.ask(SECONDS, fault)
        finally:
            recover()
        for model, times in took.items():
            print(f"{name:16s} {model:16s} {quantiles(times)}", file=sys.stderr)
        self.await_sharing()

    def test_quiet(self):
        self.under("quiet", lambda ends: None, lambda: None)

    def test_slow(self):
        self.under("500 ms late", lambda ends: self.relay.delay(500), self.relay.flow)

    def test_stalled(self):
        self.under("stalled", lambda ends: self.relay.stall(), self.relay.flow)
        for server in self.servers:
            opened = 'circuit_breaker_transitions_total{name="redis",to="open"}'
            self.assertGreater(self.metric(server, opened), 0)

    def test_stopped(self):
        self.under("SIGSTOP", lambda ends: self.redis.signal(signal.SIGSTOP),
                   lambda: self.redis.signal(signal.SIGCONT))

    def test_killed_and_started(self):
        def fault(ends):
            for _ in range(3):
                self.redis.kill()
                ends.wait(SECONDS / 4)
                self.redis.start()
        self.under("killed, started", fault, lambda: None)

    def test_connections_reset_and_closed(self):
        def fault(ends):
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                self.relay.reset()
                ends.wait(0.05)
                self.relay.close()
                ends.wait(0.05)
        self.under("reset, closed", fault, self.relay.flow)

    def test_down(self):
        self.under("down", lambda ends: self.relay.down(), self.relay.flow)

    def test_full(self):
        def empty():
            self.redis.say("CONFIG", "SET", "maxmemory", "0")
        def fault(ends):
            self.redis.say("FLUSHALL")
            self.redis.say("CONFIG", "SET", "maxmemory", "1")
        self.under("full", fault, empty)
        refused = 'cache_dropped_writes_total{tier="redis",reason="refused"}'
        self.assertGreater(sum(self.metric(server, refused) for server in self.servers), 0)

    def test_rubbish(self):
        rubbish = (b"<html>", b"$9223372036854775807\r\nabc", b"*2147483647\r\n", b"*1\r\n:7\r\n", b"+OK\r\n" * 1000,
                   b"-LOADING\r\n", b"*1\r\n$20\r\nGC\x01\x01aaaaaaaaaaaaaaaa\r\n", b"\0" * 100_000)
        def fault(ends):
            for answer in rubbish:
                self.relay.garble(answer)
                ends.wait(SECONDS / len(rubbish))
        self.under("rubbish", fault, self.relay.flow)

    def test_half_answers(self):
        def fault(ends):
            for count in (1, 5, 40, 300):
                self.relay.cut(count)
                ends.wait(SECONDS / 4)
                self.relay.flow()
        self.under("cut short", fault, self.relay.flow)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
