"""How serve ends: a drain under load loses no request, a kill loses no acknowledged observation.

Usage: shutdown_test.py PROGRAM SOURCE_DIR
"""

import http.client
import json
import pathlib
import sys
import threading
import unittest

from program import PATIENCE, SOURCE, Server, run, scratch

MODEL = SOURCE / "fuzz/corpus/model_file/xgb_names.json"


class Caller(threading.Thread):
    """Sends predictions on kept connections until no connection can be made any more."""

    def __init__(self, port, started):
        super().__init__()
        self.port = port
        self.started = started
        self.answered = 0
        self.lost = []

    def run(self):
        connection = None
        while True:
            try:
                connection = connection or self.connect()
            except ConnectionError:
                return
            try:
                connection.request("POST", "/predict", body='{"data":{}}',
                                   headers={"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    self.lost.append(response.status)
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                return
            self.answered += 1
            self.started.set()
            if response.will_close:
                connection.close()
                connection = None

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        return connection


class DrainTest(unittest.TestCase):
    def test_nothing_is_lost_when_serve_is_told_to_end(self):
        with Server("serve", "--model", MODEL) as server:
            callers = [Caller(server.port, threading.Event()) for _ in range(8)]
            for caller in callers:
                caller.start()
            for caller in callers:
                self.assertTrue(caller.started.wait(PATIENCE))
            server.terminate()
            self.assertEqual(server.wait(), 0)
            for caller in callers:
                caller.join()
            self.assertEqual([loss for caller in callers for loss in caller.lost], [])
            self.assertGreater(sum(caller.answered for caller in callers), len(callers))

    def test_readiness_fails_while_it_drains(self):
        with Server("serve", "--model", MODEL,
                    environment={"GEOCLIMATE_API__DRAIN_SECONDS": "60"}) as server:
            self.assertEqual(server.get("/health/ready").status, 200)
            server.terminate()
            answer = server.wait_for("/health/ready", 503)
            self.assertIn("draining", answer.json()["detail"])
            self.assertEqual(server.post("/predict", {"data": {}}).status, 200)
            server.terminate()  # once more: at once
            self.assertEqual(server.wait(), 0)


class KillTest(unittest.TestCase):
    SITE = "06-037-1103"

    def observation(self, day):
        return {"site_id": self.SITE, "pollutant": "NO2", "poc": 7, "value": 10 + day,
                "date": f"2021-01-{day:02}"}

    def test_what_was_acknowledged_survives_a_kill(self):
        with scratch() as folder:
            data = pathlib.Path(folder) / "data"
            run("--data-dir", data, "ingest",
                SOURCE / "data/epa/daily/epa_daily_losangeles_no2_2020.csv.gz")
            acknowledged = set()
            for first_day in (1, 11):
                with Server("--data-dir", data, "serve") as server:
                    for day in range(first_day, first_day + 10):
                        answer = server.post("/v1/observations",
                                             {"observations": [self.observation(day)]})
                        self.assertEqual(answer.json()["accepted"], 1, answer.body)
                        acknowledged.add(day)
                        if day == first_day + 6:
                            break
                    server.kill()
            with Server("--data-dir", data, "serve") as server:
                rows = server.get(f"/v1/history?site={self.SITE}&pollutant=no2&from=2021-01-01"
                                  ).json()["observations"]
                kept = {int(row["date"][-2:]) for row in rows
                        if row["value"] == 10 + int(row["date"][-2:])}
                self.assertEqual(kept, acknowledged)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
