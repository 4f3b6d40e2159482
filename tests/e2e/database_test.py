"""The program on PostgreSQL: every verb, a database that goes and comes back, a copy from SQLite and back.

Usage: database_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import signal
import sys
import time
import unittest

from postgres import PostgresServer
from program import AS_OF, PATIENCE, SOURCE, Server, run, scratch

SITE = "06-037-1103"


def observation(day, value=20.0):
    return {"observations": [{"site_id": SITE, "pollutant": "NO2", "poc": 9, "date": day, "value": value}]}


class DatabaseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = PostgresServer()
        cls.addClassCleanup(cls.postgres.close)
        cls.folder = scratch()
        cls.addClassCleanup(cls.folder.cleanup)
        root = pathlib.Path(cls.folder.name)
        cls.data = root / "data"
        cls.data.mkdir()
        cls.url_file = root / "url"
        cls.database = cls.postgres.new_database()
        cls.url_file.write_text(cls.postgres.url(cls.database) + "\n")
        cls.environment = {"GEOCLIMATE_DATABASE__URL_FILE": str(cls.url_file),
                           "GEOCLIMATE_DATABASE__POOL__HEALTH_CHECK_SECONDS": "1",
                           "GEOCLIMATE_FORECAST__AS_OF": AS_OF}
        files = sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))
        cls.run_verb("ingest", *files)
        cls.run_verb("train", "--pollutants", "NO2", "--horizons", "1", "--promote")
        cls.run_verb("issue", "--as-of", AS_OF)

    @classmethod
    def run_verb(cls, *arguments, check=True):
        return run("--data-dir", cls.data, *arguments, environment=cls.environment, check=check)

    def rows(self, sql):
        return self.postgres.query(self.database, sql)

    def test_everything_lies_in_postgres_and_nothing_in_sqlite(self):
        self.assertGreater(int(self.rows("SELECT count(*) FROM observations")[0]), 1000)
        self.assertGreater(int(self.rows("SELECT count(*) FROM issued_forecasts")[0]), 0)
        self.assertFalse((self.data / "geoclimate.db").exists())

    def test_a_second_ingest_changes_nothing(self):
        before = self.rows("SELECT max(id) FROM receipts")
        self.run_verb("ingest", *sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz")))
        self.assertEqual(self.rows("SELECT max(id) FROM receipts"), before)

    def test_forecasts_are_scored_by_what_postgres_holds(self):
        forecasts = self.url_file.with_name("forecasts.csv")
        forecasts.write_text("pollutant,site_id,issued_date,horizon_days,mean\n" + "".join(
            f"NO2,{SITE},2020-06-{day:02},1,20\n" for day in range(1, 29)))
        report = json.loads(self.run_verb("score", forecasts, "--json").stdout)
        self.assertGreater(report["judged"], 20, report)
        self.assertFalse((self.data / "geoclimate.db").exists())

    def test_a_database_that_cannot_be_reached_is_named_without_the_password(self):
        self.url_file.with_name("wrong").write_text("postgresql://geo:hunter2@/air?host=/nowhere\n")
        environment = {"GEOCLIMATE_DATABASE__URL_FILE": str(self.url_file.with_name("wrong"))}
        result = run("--data-dir", self.data, "issue", environment=environment, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nowhere", result.stderr)
        self.assertNotIn("hunter2", result.stderr)
        shown = run("config", "show", environment={"GEOCLIMATE_DATABASE__URL": "postgresql://geo:hunter2@/air"})
        self.assertNotIn("hunter2", shown.stdout)

    def test_serve_goes_on_without_the_database_and_takes_posts_again_when_it_is_back(self):
        with Server("--data-dir", self.data, "serve", environment=self.environment) as server:
            forecast = f"/v1/forecast?site={SITE}"
            server.wait_for(forecast, 200)
            self.assertEqual(server.post("/v1/observations", observation("2020-12-01")).status, 200)
            self.assertIn(b"database_connections{state=\"idle\"}", server.request(
                "GET", "/metrics", port=server.metrics_port).body)

            self.postgres.stop(signal.SIGINT)
            try:
                for day in range(2, 9):
                    answer = server.post("/v1/observations", observation(f"2020-12-0{day}"))
                    self.assertEqual(answer.status, 503, answer.body)
                    self.assertIn("retry-after", answer.headers)
                    self.assertEqual(server.get(forecast).status, 200)
                # It says what the last look at the database found.
                until = time.monotonic() + PATIENCE
                while server.get("/health").json()["status"] != "degraded":
                    self.assertLess(time.monotonic(), until, "the health does not know that the database is away")
                    time.sleep(0.1)
            finally:
                self.postgres.start()

            until = time.monotonic() + PATIENCE
            while server.post("/v1/observations", observation("2020-12-09")).status != 200:
                self.assertLess(time.monotonic(), until, "the database is back and not used")
                time.sleep(0.1)
        days = self.rows("SELECT DISTINCT local_day FROM observations WHERE origin LIKE '~api/%' ORDER BY 1")
        self.assertEqual(days, ["2020-12-01", "2020-12-09"])

    def test_a_copy_to_sqlite_and_back_is_equal(self):
        sqlite = pathlib.Path(self.folder.name) / "copy.db"
        copied = self.run_verb("store", "copy", "--from", "postgres", "--to", f"sqlite:{sqlite}", "--json")
        report = json.loads(copied.stdout)
        self.assertTrue(report["equal"], report)
        self.assertGreater(report["versions"]["to"], 1000)
        self.assertGreater(report["forecasts"]["to"], 0)

        other = self.url_file.with_name("other")
        other.write_text(self.postgres.url(self.postgres.new_database()) + "\n")
        back = ["store", "copy", "--from", f"sqlite:{sqlite}", "--to", f"postgres:{other}"]
        self.assertIn("equal", self.run_verb(*back).stdout)
        refused = self.run_verb(*back, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--resume", refused.stderr)
        self.assertIn("equal", self.run_verb(*back, "--resume").stdout)

        missing = self.run_verb("store", "copy", "--from", "sqlite:/nowhere.db", "--to", "postgres", check=False)
        self.assertIn("does not exist", missing.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
