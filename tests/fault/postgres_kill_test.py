"""Sessions and the whole of PostgreSQL are killed while observations are posted: what was acknowledged is there, once.

A post has several rows: they are there together or not at all. What was not acknowledged is posted again in the end, by the
same program that lived through everything.

Usage: postgres_kill_test.py PROGRAM SOURCE_DIR
KILLS: how often (8); every fourth is of the server.
"""

import os
import pathlib
import random
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from postgres import PATIENCE, PostgresServer  # noqa: E402
from program import SOURCE, Server, run, scratch  # noqa: E402

KILLS = int(os.environ.get("KILLS", "8"))
SITE = "06-037-1103"
CALLERS = 4
ROWS = 3  # of a post
POSTS_BETWEEN_KILLS = 10
POSTED_AGAIN = 25  # of what was refused to a caller


class Caller(threading.Thread):
    """Posts rows that nobody else posts: POC 10 + its number, a value that counts up."""

    def __init__(self, server, number, stop):
        super().__init__()
        self.server = server
        self.poc = 10 + number
        self.stop = stop
        self.acknowledged = []
        self.refused = []
        self.wrong = []

    def rows(self, post):
        return {"observations": [
            {"site_id": SITE, "pollutant": "NO2", "poc": self.poc, "date": f"2020-{1 + row:02}-01", "value": post}
            for row in range(ROWS)]}

    def post(self, post):
        answer = self.server.post("/v1/observations", self.rows(post))
        if answer.status == 200:
            self.acknowledged.append(post)
        elif answer.status == 503 and "retry-after" in answer.headers:
            self.refused.append(post)
            self.stop.wait(0.05)  # a caller that does not stop for breath would only count refusals
        else:
            self.wrong.append((post, answer.status, answer.body))

    def run(self):
        post = 0
        while not self.stop.is_set():
            self.post(post)
            post += 1

    def count(self):
        return len(self.acknowledged)


class PostgresKillTest(unittest.TestCase):
    def setUp(self):
        self.postgres = PostgresServer()
        self.addCleanup(self.postgres.close)
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.data.mkdir()
        self.database = self.postgres.new_database()
        self.environment = {"GEOCLIMATE_DATABASE__URL": self.postgres.url(self.database),
                            "GEOCLIMATE_DATABASE__POOL__HEALTH_CHECK_SECONDS": "1"}
        files = sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))[:1]
        run("--data-dir", self.data, "ingest", *files, environment=self.environment)

    def wait_for_posts(self, callers, more):
        before = sum(caller.count() for caller in callers)
        until = time.monotonic() + PATIENCE
        while sum(caller.count() for caller in callers) < before + more:
            self.assertLess(time.monotonic(), until, "nothing is acknowledged any more")
            time.sleep(0.01)

    def kill_once(self, number, chance):
        if number % 4 == 3:
            self.postgres.stop(signal.SIGKILL)
            self.postgres.start()
            return
        backends = self.postgres.backends()
        if backends:
            # The server takes this for a crash and starts all its sessions anew.
            os.kill(chance.choice(backends), signal.SIGKILL)
            self.postgres.wait_until_ready()

    def stored(self):
        """How often each row of each post is there."""
        found = {}
        for line in self.postgres.query(
                self.database, "SELECT poc, value::integer, count(*), count(DISTINCT local_day) FROM observations"
                               f" WHERE poc >= 10 GROUP BY 1, 2"):
            poc, post, rows, days = map(int, line.split("|"))
            found[poc, post] = (rows, days)
        return found

    def test_every_acknowledged_row_is_there_once(self):
        chance = random.Random(20201231)
        stop = threading.Event()
        with Server("--data-dir", self.data, "serve", environment=self.environment) as server:
            callers = [Caller(server, number, stop) for number in range(CALLERS)]
            for caller in callers:
                caller.start()
            try:
                for number in range(KILLS):
                    self.wait_for_posts(callers, POSTS_BETWEEN_KILLS)
                    self.kill_once(number, chance)
                self.wait_for_posts(callers, POSTS_BETWEEN_KILLS)
            finally:
                stop.set()
                for caller in callers:
                    caller.join()
            self.assertEqual([caller.wrong for caller in callers], [[]] * CALLERS)
            stored = self.stored()
            whole = (ROWS, ROWS)
            for caller in callers:
                for post in caller.acknowledged:
                    self.assertEqual(stored.get((caller.poc, post)), whole, "acknowledged, and not there once")
            self.assertEqual(set(stored.values()), {whole}, "a part of a post is there")
            self.assertGreater(sum(len(caller.refused) for caller in callers), 0, "no kill met a post")

            for caller in callers:
                again, caller.refused = caller.refused[-POSTED_AGAIN:], []
                for post in again:
                    caller.post(post)
                self.assertEqual((caller.refused, caller.wrong), ([], []))
            stored = self.stored()
            self.assertEqual(set(stored.values()), {whole})
            for caller in callers:
                self.assertLessEqual({(caller.poc, post) for post in caller.acknowledged}, set(stored))
            self.assertIsNone(server.process.poll())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
