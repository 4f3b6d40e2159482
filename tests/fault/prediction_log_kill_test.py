"""The prediction log while PostgreSQL is stopped, killed and hung, and the server itself is killed in between.

Every row is logged (sample 1) under a request id of its own. Whatever happens: no request is refused, no id is there twice, and
every id that the database had committed, or that lay whole in a synced file of the spill, at the moment of a kill is there in the end. With
no kill of the server in between, every answered id is there.

Usage: prediction_log_kill_test.py PROGRAM SOURCE_DIR
KILLS: how often the server is killed (3).
"""

import json
import os
import pathlib
import random
import signal
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from postgres import PATIENCE, PostgresServer  # noqa: E402
from program import SOURCE, Server, run, scratch  # noqa: E402

KILLS = int(os.environ.get("KILLS", "3"))
CALLERS = 2
# Of the longest test, that waits for a server that hangs.
STATEMENT_TIMEOUT_MS = 2000
MODEL = "xgb_squarederror"
ROW = {"a": 0.5, "b": 1, "c": 2, "d": 3}


def ids_in_spill(folder):
    """The request ids of each whole file of the spill, read by its description in docs/formats/prediction_spill.md."""
    found = set()
    for path in sorted(folder.glob("*.spill")):
        try:
            body = path.read_bytes()[20:-8]
        except FileNotFoundError:
            continue  # it has been replayed meanwhile

        at = 0

        def number(layout):
            nonlocal at
            value, = struct.unpack_from("<" + layout, body, at)
            at += struct.calcsize(layout)
            return value

        def text():
            nonlocal at
            size = number("I")
            at += size
            return body[at - size:at].decode()

        text()
        for _ in range(number("I")):
            text()
        for _ in range(number("I")):
            at += 12
            found.add(text())
            text()
            at += 14
            for _ in range(2):
                numbers = number("H")
                at += 4 * numbers
    return found


class Caller(threading.Thread):
    """Asks for one row after another, each under a new request id."""

    def __init__(self, server, name, row):
        super().__init__()
        self.server = server
        self.name = name
        self.row = json.dumps({"model_name": MODEL, "data": row})
        self.stop = threading.Event()
        self.answered = []
        self.wrong = []

    def run(self):
        while not self.stop.is_set():
            request_id = f"{self.name}.{len(self.answered)}"
            try:
                answer = self.server.request("POST", "/predict", self.row,
                                             {"Content-Type": "application/json", "X-Request-Id": request_id})
            except OSError:
                return  # the server has been killed
            if answer.status != 200:
                self.wrong.append((request_id, answer.status, answer.body))
                return
            self.answered.append(request_id)


class PredictionLogKillTest(unittest.TestCase):
    def setUp(self):
        self.postgres = PostgresServer()
        self.addCleanup(self.postgres.close)
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.data.mkdir()
        self.spill = self.data / "prediction-log-spill"
        self.database = self.postgres.new_database()
        self.environment = {"GEOCLIMATE_DATABASE__URL": self.postgres.url(self.database),
                            "GEOCLIMATE_DATABASE__POOL__HEALTH_CHECK_SECONDS": "1",
                            "GEOCLIMATE_DATABASE__QUERY__STATEMENT_TIMEOUT_MS": str(STATEMENT_TIMEOUT_MS),
                            "GEOCLIMATE_PREDICTION_LOG__SAMPLE": "1"}
        run("--data-dir", self.data, "models", "import", SOURCE / f"tests/golden/models/{MODEL}.json", "--name", MODEL,
            environment=self.environment)
        run("--data-dir", self.data, "models", "promote", self.model_id(), "--stage", "production", "--override-gate",
            environment=self.environment)
        self.callers = 0

    def model_id(self):
        listed = run("--data-dir", self.data, "models", "list", "--json", environment=self.environment).stdout
        return json.loads(listed)[0]["model_id"]

    def serve(self):
        return Server("--data-dir", self.data, "serve", environment=self.environment)

    def call(self, server):
        callers = []
        for _ in range(CALLERS):
            callers.append(Caller(server, f"c{self.callers}", self.row(server)))
            self.callers += 1
        for caller in callers:
            caller.start()
        return callers

    def row(self, server):
        features = server.get(f"/models/{self.model_id()}").json()["features"]
        return {feature["name"]: 0.5 for feature in features}

    def wait(self, what, condition):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until, f"waited for {what}")
            time.sleep(0.02)

    def more(self, callers, count):
        before = sum(len(caller.answered) for caller in callers)
        self.wait("answers", lambda: sum(len(caller.answered) for caller in callers) >= before + count)

    def finish(self, callers):
        """Ends them; the ids that were answered."""
        for caller in callers:
            caller.stop.set()
        for caller in callers:
            caller.join()
        self.assertEqual([caller.wrong for caller in callers], [[]] * len(callers))
        return {request_id for caller in callers for request_id in caller.answered}

    def stored(self):
        """How often each id is in the database."""
        lines = self.postgres.query(self.database, "SELECT request_id, count(*) FROM predictions GROUP BY 1")
        return {request_id: int(count) for request_id, count in (line.split("|") for line in lines)}

    def metric(self, server, series):
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(series))

    def check_whole(self, server, answered):
        """Every one of them is there, once, as soon as everything has been written."""
        self.wait("the log", lambda: answered <= self.stored().keys())
        stored = self.stored()
        self.assertEqual(set(stored.values()), {1}, "a prediction is there twice")
        self.assertEqual(self.metric(server, "prediction_log_dropped_total"), 0)

    def test_nothing_is_lost_while_the_database_is_away(self):
        with self.serve() as server:
            callers = self.call(server)
            self.more(callers, 200)
            self.postgres.stop()
            self.wait("the spill", lambda: list(self.spill.glob("*.spill")))
            self.more(callers, 200)
            self.postgres.start()
            self.more(callers, 200)
            self.check_whole(server, self.finish(callers))
            self.wait("an empty spill", lambda: not list(self.spill.iterdir()))
            self.assertIn("stored again", server.stderr())

    def test_nothing_is_lost_when_the_database_is_killed_or_hangs(self):
        with self.serve() as server:
            callers = self.call(server)
            self.more(callers, 100)
            self.postgres.stop(signal.SIGKILL)
            self.more(callers, 100)
            self.postgres.start()
            self.wait("the log", lambda: len(self.stored()) > 0)
            # A server that hangs: its sessions answer nothing, and end nothing.
            hung = [*self.postgres.backends(), self.postgres.process.pid]
            for pid in hung:
                os.kill(pid, signal.SIGSTOP)
            try:
                self.wait("the spill", lambda: list(self.spill.glob("*.spill")))
                self.more(callers, 100)
            finally:
                for pid in hung:
                    try:
                        os.kill(pid, signal.SIGCONT)
                    except ProcessLookupError:
                        pass
            self.check_whole(server, self.finish(callers))

    def test_what_was_synced_survives_every_kill_of_the_server(self):
        chance = random.Random(20201231)
        promised, asked = set(), set()
        for number in range(KILLS):
            with self.serve() as server:
                callers = self.call(server)
                self.more(callers, 100)
                away = number % 3 != 2
                if away:
                    self.postgres.stop(signal.SIGKILL if number % 2 else signal.SIGINT)
                    self.wait("the spill", lambda: list(self.spill.glob("*.spill")))
                self.more(callers, chance.randrange(1, 300))
                if away and number % 2:
                    self.postgres.start()  # the kill meets the replay
                    self.more(callers, chance.randrange(1, 300))
                server.kill()
                for caller in callers:
                    caller.join()
                asked |= self.finish(callers)
                # Nobody writes any more.
                promised |= ids_in_spill(self.spill)
                if self.postgres.process.poll() is not None:
                    self.postgres.start()
                promised |= self.stored().keys()
        self.assertGreater(len(promised), 0)
        with self.serve() as server:
            self.check_whole(server, promised)
            self.wait("an empty spill", lambda: not list(self.spill.glob("*.spill")))
            self.assertEqual(list(self.spill.glob("*.damaged")), [])
        self.assertEqual(set(self.stored().values()), {1})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
