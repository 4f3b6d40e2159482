"""`geoclimate fetch` against a server that plays the public services, with their faults: what it stores, what it asks for
again, that it repeats nothing, goes on after a kill, and that /v1/current is live after it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import air_services
from air_services import KEY, PARAMETERS, SITES, hang_up, slow, status, truncated, cut_json
from program import PATIENCE, PROGRAM, Server, run, scratch

HOURS = 30


class FetchCase(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.service = air_services.Service()
        self.key_file = pathlib.Path(self.folder.name) / "key"
        self.key_file.write_text(KEY + "\n")
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(self.service.close)

    def environment(self, **more):
        settings = {
            "RESILIENCE__RETRY__BASE_MS": 1, "RESILIENCE__RETRY__CAP_MS": 2,
            "SOURCES__AIRNOW__REQUESTS_PER_HOUR": 1e9, "SOURCES__OPENAQ__REQUESTS_PER_HOUR": 1e9,
            "SOURCES__OPENAQ__REQUESTS_PER_MINUTE": 1e9, "SOURCES__AQS__REQUESTS_PER_MINUTE": 1e9,
            "SOURCES__AIRNOW__FIRST_HOURS": HOURS, "SOURCES__OPENAQ__FIRST_HOURS": HOURS,
            "SOURCES__OPENAQ__PAGE_SIZE": 4, "SOURCES__OPENAQ__BBOX": "-10,40,20,60",
            "SOURCES__AQS__BBOX": "-125,24,-66,50", "SOURCES__AQS__EMAIL": "a+b@example.org", **more}
        for source, path in (("AIRNOW", ""), ("OPENAQ", ""), ("AQS", "")):
            settings.setdefault(f"SOURCES__{source}__BASE_URL", self.service.url + path)
            settings.setdefault(f"SOURCES__{source}__KEY_FILE", self.key_file)
        return {f"GEOCLIMATE_{key}": str(value) for key, value in settings.items() if value is not None}

    def fetch(self, source, *arguments, check=True, **settings):
        result = run("--data-dir", self.folder.name + "/data", "fetch", source, "--json", *arguments,
                     environment=self.environment(**settings), check=check)
        self.assertNotIn(KEY, result.stdout + result.stderr, "the key is never printed")
        return json.loads(result.stdout) if check else result


class FetchTest(FetchCase):
    def test_hours_are_stored_once_and_days_are_made_of_them(self):
        first = self.fetch("airnow")
        per_hour = len(SITES) * len(PARAMETERS)
        self.assertEqual(first["rows"], HOURS * per_hour)
        self.assertGreater(first["without_value"], 0)
        self.assertEqual(first["observations_new"], first["rows"] - first["without_value"])
        self.assertEqual(first["requests"], HOURS // 6)
        # 30 hours up to now hold at most one whole local day of each.
        self.service.generation = "2026"
        again = self.fetch("airnow")
        if again["complete_to"] == first["complete_to"]:
            self.assertEqual(again["observations_new"], 0)
        self.assertEqual(again["observations_replaced"] + again["days_replaced"], 0)
        self.assertEqual(again["rows"] // per_hour * per_hour, again["rows"])

    def test_a_span_of_the_past_makes_its_days(self):
        first = self.fetch("airnow", "--from", "2026-06-01", "--to", "2026-06-04")
        # Four UTC days hold three whole days of each site: PM2.5, NO2, the ozone hour, and the ozone mean of 8 hours,
        # which goes on into the next morning.
        self.assertEqual((first["days_new"], first["days_replaced"]), (2 * (3 + 3 + 3 + 3), 0))
        again = self.fetch("airnow", "--from", "2026-06-01", "--to", "2026-06-04")
        self.assertEqual((again["observations_new"], again["observations_replaced"], again["days_new"],
                          again["days_replaced"]), (0, 0, 0, 0))
        self.assertEqual(again["observations_unchanged"], first["observations_new"])
        self.assertEqual(again["days_unchanged"] > 0, True)

    def test_faults_of_a_service_are_ridden_out(self):
        self.service.faults = [status(500), status(503, ("Retry-After", "0")), truncated, cut_json,
                               status(429, ("Retry-After", "1")), hang_up,
                               slow(self.service, 3), None, status(502)]
        report = self.fetch("airnow", SOURCES__REQUEST_TIMEOUT_MS=1000, RESILIENCE__RETRY__MAX_ATTEMPTS=10)
        self.assertEqual(report["rows"], HOURS * len(SITES) * len(PARAMETERS))
        self.assertGreaterEqual(report["requests"], HOURS // 6 + 7, "a connection that is hung up on may be opened anew unasked")
        clean = self.fetch("airnow")
        self.assertEqual(clean["observations_replaced"], 0)

    def test_what_cannot_be_ridden_out_is_told_and_kept_up_to_there(self):
        cases = [(status(401), "is the key right"), (status(410), "retired"),
                 (status(429, ("Retry-After", "100000")), "429"),
                 (status(400, body=f"BBOX is wrong, key {KEY}".encode()),
                  "BBOX is wrong, key ***")]
        for fault, said in cases:
            self.service.forget()
            self.service.faults = [None, fault]
            result = self.fetch("airnow", "--from", "2026-06-01", "--to", "2026-06-02", check=False)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn(said, result.stderr)
            self.assertIn("goes on from there", result.stderr)
            self.assertEqual(json.loads(result.stdout)["rows"] > 0, True)
        self.assertEqual(len(self.service.requests), 2)

    def test_a_service_that_is_down_is_left_alone(self):
        self.service.faults = [status(500)] * 1000
        result = self.fetch("airnow", check=False, RESILIENCE__RETRY__MAX_ATTEMPTS=100,
                            RESILIENCE__RETRY__BUDGET=1, RESILIENCE__BREAKERS__SOURCES__WINDOW=5,
                            RESILIENCE__BREAKERS__SOURCES__MIN_CALLS=5,
                            RESILIENCE__BREAKERS__SOURCES__OPEN_SECONDS=3600)
        self.assertEqual(result.returncode, 1)
        self.assertIn("circuit breaker 'sources.airnow' is open", result.stderr)
        self.assertEqual(len(self.service.requests), 5)

    def test_no_data_is_an_answer(self):
        said = {"WebServiceError": [{"Message": "No data were found for your selection."}]}
        self.service.faults = [status(200, body=json.dumps(said).encode())] * 100
        report = self.fetch("airnow")
        self.assertEqual(report["rows"], 0)
        self.assertIn("No data", report["note"])
        self.assertIsNotNone(report["complete_to"])

    def kill_in_the_middle(self, source, requests, **settings):
        self.service.delay = 0.2
        process = subprocess.Popen(
            [PROGRAM, "--data-dir", self.folder.name + "/data", "fetch", source, "--from", "2026-06-01", "--to",
             "2026-06-03"], env={**os.environ, **self.environment(**settings)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.service.wait_for_requests(requests, PATIENCE)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.service.delay = 0

    def test_airnow_goes_on_after_a_kill_where_it_was(self):
        self.kill_in_the_middle("airnow", 12, SOURCES__AIRNOW__HOURS_PER_REQUEST=1)
        asked = [query["startDate"] for _, query in self.service.requests]
        self.service.forget()
        resumed = self.fetch("airnow", "--from", "2026-06-01", "--to", "2026-06-03",
                             SOURCES__AIRNOW__HOURS_PER_REQUEST=1)
        asked_again = [query["startDate"] for _, query in self.service.requests]
        self.assertLessEqual(len(set(asked) & set(asked_again)), 2, "only what was under way is asked for again")
        self.assertEqual(len(set(asked) | set(asked_again)), 72)
        self.assertGreater(resumed["observations_new"], 0)
        self.check_whole("airnow", 72 * len(SITES) * len(PARAMETERS) - 3 * len(PARAMETERS))

    def test_openaq_goes_on_after_a_kill_with_the_next_sensor(self):
        self.kill_in_the_middle("openaq", 2 + 2 * 19)
        asked = {path for path, _ in self.service.requests if "sensors" in path}
        self.service.forget()
        self.fetch("openaq", "--from", "2026-06-01", "--to", "2026-06-03")
        asked_again = {path for path, _ in self.service.requests if "sensors" in path}
        self.assertLessEqual(len(asked & asked_again), 2)
        self.assertEqual(len(asked | asked_again), 2 * air_services.LOCATIONS)
        self.check_whole("openaq", 72 * 2 * air_services.LOCATIONS)

    def check_whole(self, source, hours):
        whole = self.fetch(source, "--from", "2026-06-01", "--to", "2026-06-03")
        self.assertEqual((whole["observations_new"], whole["observations_replaced"], whole["days_new"],
                          whole["days_replaced"]), (0, 0, 0, 0))
        self.assertEqual(whole["observations_unchanged"], hours)

    def test_openaq_is_read_page_by_page_and_polite(self):
        self.service.faults = [status(429, ("x-ratelimit-reset", "1")), None, status(408)]
        report = self.fetch("openaq")
        self.assertEqual(report["observations_new"], HOURS * 2 * air_services.LOCATIONS)
        pages = [query["page"] for path, query in self.service.requests if path == "/v3/locations"]
        self.assertEqual(pages, ["1", "1", "2", "2"], "seven locations, four a page, one answer refused each time")
        self.assertFalse([path for path, _ in self.service.requests if "8000" in path], "AirNow's own are left out")

    def test_aqs_gives_final_days_a_month_a_request(self):
        first = self.fetch("aqs", "--from", "2025-11-20", "--to", "2026-01-10")
        self.assertEqual(first["observations_new"], 11 + 31 + 10)
        self.assertEqual([query["bdate"] for _, query in self.service.requests[::2]],
                         ["20251120", "20251201", "20260101"])
        self.assertEqual([query["edate"] for _, query in self.service.requests[::2]],
                         ["20251130", "20251231", "20260110"])
        again = self.fetch("aqs", "--from", "2025-11-20", "--to", "2026-01-10")
        self.assertEqual(again["observations_unchanged"], 11 + 31 + 10)
        failed = self.fetch("aqs", check=False, SOURCES__AQS__EMAIL="other@example.org")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("AQS says: Failed: The email or key is not valid", failed.stderr)

    def test_airnows_own_index_comes_from_whichever_service_there_is(self):
        new = self.fetch("airnow", "--reports", "34.07,-118.23")
        self.assertEqual((new[0]["aqi"], new[0]["area"]), (44, "North Main"))
        self.service.retired = {"/aq/observation/current/ziplatlong/"}
        old = self.fetch("airnow", "--reports", "34.07,-118.23")
        self.assertEqual((old[0]["aqi"], old[0]["category"], old[0]["pollutant"]), (None, "Moderate", "PM2.5"))

    def test_without_a_key_it_says_where_to_put_one(self):
        result = self.fetch("openaq", check=False, SOURCES__OPENAQ__KEY_FILE=None)
        self.assertEqual(result.returncode, 1)
        self.assertIn("OPENAQ_API_KEY", result.stderr)
        self.assertEqual(self.service.requests, [])

    def test_current_is_live_after_a_fetch(self):
        report = self.fetch("airnow")
        with Server("--data-dir", self.folder.name + "/data", "serve") as server:
            answer = server.get("/v1/current?site=06-037-1103").json()
        values = {value["pollutant"]: value for value in answer["pollutants"]}
        self.assertEqual(values["PM2.5"]["method"], "nowcast")
        self.assertEqual(values["PM2.5"]["valid_to"], report["complete_to"])
        self.assertEqual(values["O3"]["nowcast_method"], "nowcast (ozone surrogate)")
        self.assertEqual(values["NO2"]["method"], "observed")
        newest = air_services.hour_number(report["complete_to"]) - 1
        self.assertEqual(values["NO2"]["concentration"], air_services.value_of(15, newest, 0))
        self.assertEqual(values["PM2.5"]["concentration"], nowcast(newest))
        ozone = air_services.value_of(40, newest, 0)
        self.assertEqual(values["O3"]["concentration"], int(0.85 * ozone + 4.5 + 1e-9) / 1000)


class ServeTest(FetchCase):
    """`serve` fetches by itself."""

    def serve(self, **settings):
        (pathlib.Path(self.folder.name) / "data").mkdir(exist_ok=True)
        server = Server("--data-dir", self.folder.name + "/data", "serve", environment=self.environment(
            SOURCES__AIRNOW__ENABLED="true", SOURCES__AIRNOW__EVERY_MINUTES=1, **settings))
        self.addCleanup(server.__exit__)
        return server

    def outcome(self, server, outcome):
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        found = re.search(rf'^source_fetches_total{{source="airnow",outcome="{outcome}"}} (\S+)$', text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_of_two_servers_one_fetches_and_both_are_live(self):
        servers = [self.serve(), self.serve()]
        self.until(lambda: any(self.outcome(server, "fetched") for server in servers))
        for server in servers:
            self.until(lambda: server.get("/v1/current?site=06-037-1103").status == 200)
            values = server.get("/v1/current?site=06-037-1103").json()["pollutants"]
            self.assertEqual({value["pollutant"] for value in values}, {"PM2.5", "O3", "NO2"})
            breakers = server.get("/health").json()["components"]
            self.assertEqual(breakers["breaker.sources.airnow"]["status"], "healthy")
            last = "source_last_fetched_timestamp_seconds"
            self.until(lambda: last in server.request("GET", "/metrics", port=server.metrics_port).body.decode())
        self.assertEqual(len(self.service.requests), HOURS // 6, "each hour was asked for once")
        self.assertEqual(sum(self.outcome(server, "fetched") for server in servers), 1)
        audit = ("--data-dir", self.folder.name + "/data", "audit", "--json")
        self.until(lambda: "observations.fetch" in run(*audit).stdout)
        record = next(record for record in map(json.loads, run(*audit).stdout.splitlines())
                      if record["action"] == "observations.fetch")
        self.assertEqual((record["actor"], record["subject"], record["outcome"]), ("geoclimate serve", "airnow", "done"))
        self.assertRegex(record["to"], r"^[1-9]\d* new, 0 replaced")

    def test_a_verb_and_a_server_take_turns(self):
        self.service.delay = 1
        self.serve()
        self.service.wait_for_requests(1, PATIENCE)
        self.service.delay = 3600
        self.service.wait_for_requests(2, PATIENCE)
        refused = self.fetch("airnow", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("another run of airnow is under way: geoclimate serve, process", refused.stderr)

    def test_an_end_in_the_middle_is_quick_and_keeps_what_came(self):
        self.service.delay = 1
        server = self.serve(SOURCES__AIRNOW__HOURS_PER_REQUEST=1)
        self.service.wait_for_requests(2, PATIENCE)
        self.service.delay = 3600
        self.service.wait_for_requests(3, PATIENCE)
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.service.delay = 0
        report = self.fetch("airnow", SOURCES__AIRNOW__HOURS_PER_REQUEST=1)
        self.assertGreater(report["observations_unchanged"], 0)

    def test_a_service_that_is_down_opens_its_breaker_in_health(self):
        self.service.faults = [status(500)] * 1000
        server = self.serve(RESILIENCE__BREAKERS__SOURCES__MIN_CALLS=3, RESILIENCE__BREAKERS__SOURCES__WINDOW=3)
        self.until(lambda: server.get("/health").json()["components"]["breaker.sources.airnow"]["status"] == "degraded")
        self.until(lambda: self.outcome(server, "failed") >= 1)
        self.assertNotIn(KEY, server.stderr())

    def test_an_enabled_source_without_a_key_is_named_at_the_start(self):
        (pathlib.Path(self.folder.name) / "data").mkdir()
        result = run("--data-dir", self.folder.name + "/data", "serve", check=False, environment=self.environment(
            SOURCES__OPENAQ__ENABLED="true", SOURCES__OPENAQ__KEY_FILE=None))
        self.assertEqual(result.returncode, 1)
        self.assertIn("sources.openaq", result.stderr)
        self.assertIn("OPENAQ_API_KEY", result.stderr)


def nowcast(newest):
    hours = [air_services.value_of(10, newest - i, 0) for i in range(12)]
    weight = max(min(hours) / max(hours), 0.5)
    mean = sum(value * weight ** i for i, value in enumerate(hours)) / sum(weight ** i for i in range(12))
    return int(mean * 10 + 1e-9) / 10


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
