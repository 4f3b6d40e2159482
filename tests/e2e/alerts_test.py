"""Alerts end to end: a real receiver, what it verifies, what happens when it fails, who sends when several could, and where
nothing is ever sent.

Usage: alerts_test.py PROGRAM SOURCE_DIR
"""

import datetime
import json
import pathlib
import re
import signal
import sys
import time
import unittest

from postgres import PostgresServer
from program import AS_OF, PATIENCE, Server, make_data_directory, run, scratch
from webhook_receiver import Receiver, verify

SITE = "36-061-0001"
QUICK = {
    "GEOCLIMATE_FORECAST__AS_OF": AS_OF,
    "GEOCLIMATE_ALERTS__LOOK_EVERY_MS": "100",
    "GEOCLIMATE_ALERTS__LEASE_SECONDS": "2",
    "GEOCLIMATE_ALERTS__TIMEOUT_MS": "1000",
    "GEOCLIMATE_ALERTS__RETRY__MAX_ATTEMPTS": "3",
    "GEOCLIMATE_ALERTS__RETRY__BASE_MS": "20",
    "GEOCLIMATE_ALERTS__RETRY__CAP_MS": "40",
}
ALLOWED = {"GEOCLIMATE_ALERTS__ALLOWED_ADDRESSES": "[127.0.0.1]"}


def observation(value, site=SITE, day=AS_OF):
    return {"observations": [{"site_id": site, "pollutant": "PM2.5", "date": day, "value": value,
                              "latitude": 40.7, "longitude": -74.0}]}


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("it does not come about")
        time.sleep(0.02)
    return found


class AlertsTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.data.mkdir()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def serve(self, allowed=True, **environment):
        server = Server("--data-dir", self.data, "serve",
                        environment={**QUICK, **(ALLOWED if allowed else {}), **environment})
        self.addCleanup(server.__exit__)
        return server

    def alert(self, server, headers=None, **members):
        rule = {"site_id": SITE, "source": "observed", "pollutant": "PM2.5", "threshold": 150, "cooldown_minutes": 0,
                "url": self.receiver.url, **members}
        answer = server.request("POST", "/v1/alerts", json.dumps(rule),
                                {"Content-Type": "application/json", **(headers or {})})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def post(self, server, value, **where):
        answer = server.post("/v1/observations", observation(value, **where))
        self.assertEqual((answer.status, answer.json()["rejected"]), (200, 0), answer.body)

    def started(self, **environment):
        """A server that knows the site."""
        server = self.serve(**environment)
        self.post(server, 5)
        until(lambda: server.get("/v1/sites").json()["sites"])
        return server

    def metric(self, server, series):
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else None

    def phase(self, server, alert):
        return server.get(f"/v1/alerts/{alert['id']}").json()["state"]["phase"]


class DeliveryTest(AlertsTest):
    def test_a_crossing_is_told_signed_and_its_end_too(self):
        server = self.started()
        made = self.alert(server, name="school", notify_end=True)
        self.post(server, 180)
        [received] = self.receiver.wait_for_count(1, PATIENCE)
        event = verify(made["secret"], received.headers, received.body)
        self.assertEqual((event["type"], event["id"]), ("alert.raised", received.id))
        data = event["data"]
        self.assertEqual((data["alert_id"], data["alert_name"], data["site_id"]), (made["id"], "school", SITE))
        self.assertEqual((data["value"], data["threshold"], data["category"]), (data["aqi"], 150, "Very Unhealthy"))
        self.assertEqual(data["concentration"], 180)
        self.assertEqual(received.headers["content-type"], "application/json")
        with self.assertRaises(ValueError):
            verify(made["secret"], received.headers, received.body.replace(b"180", b"18"))
        with self.assertRaises(ValueError):
            verify(made["secret"], received.headers, received.body, now=time.time() + 1000)

        self.post(server, 20)
        ended = self.receiver.wait_for_count(2, PATIENCE)[1]
        self.assertEqual(verify(made["secret"], ended.headers, ended.body)["type"], "alert.ended")
        self.assertNotEqual(ended.id, received.id)
        until(lambda: self.metric(server, "alert_events_pending") == 0)
        self.assertEqual(self.metric(server, 'alert_deliveries_total{outcome="delivered"}'), 2)
        self.assertEqual(self.metric(server, 'alert_events_total{type="alert.raised"}'), 1)

    def test_what_fails_is_sent_again_the_same_until_it_is_taken(self):
        server = self.started()
        made = self.alert(server)
        self.receiver.replies = [500, (503, {"Retry-After": "0"})]
        self.post(server, 180)
        received = self.receiver.wait_for_count(3, PATIENCE)
        self.assertEqual(len({one.id for one in received}), 1)
        self.assertEqual(len({one.body for one in received}), 1)
        for one in received:
            verify(made["secret"], one.headers, one.body)
        until(lambda: self.metric(server, "alert_events_pending") == 0)
        self.assertEqual(server.get("/v1/alerts/dead-letters").json()["dead_letters"], [])

    def test_what_is_given_up_is_a_dead_letter_that_a_person_sends_again(self):
        server = self.started()
        self.alert(server)
        # A redirect is an answer like another: what it names is never asked.
        other = Receiver()
        self.addCleanup(other.close)
        self.receiver.replies = [500, (302, {"Location": other.url}), 500]
        self.post(server, 180)
        [letter] = until(lambda: server.get("/v1/alerts/dead-letters").json()["dead_letters"])
        self.assertEqual((letter["attempts"], letter["error"]), (3, "status 500"))
        self.assertEqual(letter["event"]["type"], "alert.raised")
        self.assertEqual((self.receiver.count(), other.count()), (3, 0))
        until(lambda: self.metric(server, "alert_dead_letters") == 1)
        self.assertEqual(self.metric(server, 'alert_deliveries_total{outcome="dead"}'), 1)

        again = server.post(f"/v1/alerts/dead-letters/{letter['id']}/redeliver", "")
        self.assertEqual(again.status, 200, again.body)
        self.assertEqual(self.receiver.wait_for_count(4, PATIENCE)[3].id, letter["id"])
        until(lambda: server.get("/v1/alerts/dead-letters").json()["dead_letters"] == [])

    def test_a_cooldown_and_quiet_hours_hold_back(self):
        server = self.started()
        now = datetime.datetime.now(datetime.timezone.utc)
        hours = {"from": (now - datetime.timedelta(hours=2)).strftime("%H:%M"),
                 "to": (now + datetime.timedelta(hours=2)).strftime("%H:%M"), "utc_offset_minutes": 0}
        quiet = self.alert(server, name="quiet", quiet_hours=hours)
        elsewhere = {**hours, "utc_offset_minutes": 12 * 60}
        cooling = self.alert(server, name="cooling", cooldown_minutes=1440)
        self.alert(server, name="eager", quiet_hours=elsewhere)

        def named(name):
            return lambda received: [one for one in received if one.event["data"]["alert_name"] == name]

        self.post(server, 180)
        self.receiver.wait_for(lambda received: named("eager")(received) and named("cooling")(received), PATIENCE)
        self.assertEqual(self.phase(server, quiet), "waiting")
        self.post(server, 20)
        until(lambda: self.phase(server, cooling) == "idle" and self.phase(server, quiet) == "idle")
        self.post(server, 190)
        received = self.receiver.wait_for(lambda all: len(named("eager")(all)) == 2, PATIENCE)
        until(lambda: self.phase(server, cooling) == "waiting" and self.phase(server, quiet) == "waiting")
        self.assertEqual((len(named("cooling")(received)), len(named("quiet")(received))), (1, 0))

    def test_an_alert_is_removed_with_what_was_on_its_way(self):
        server = self.started()
        made = self.alert(server)
        self.receiver.replies = [500] * 3
        self.post(server, 180)
        until(lambda: server.get("/v1/alerts/dead-letters").json()["dead_letters"])
        self.assertEqual(server.request("DELETE", f"/v1/alerts?id={made['id']}").status, 200)
        self.assertEqual(server.get("/v1/alerts").json()["alerts"], [])
        self.assertEqual(server.get("/v1/alerts/dead-letters").json()["dead_letters"], [])


class ProcessesTest(AlertsTest):
    def test_nothing_is_lost_on_a_kill(self):
        server = self.started()
        made = self.alert(server)
        self.receiver.replies = [500]
        # Tried once, not taken, then the server is gone for good.
        server.kill()
        server = self.serve(GEOCLIMATE_ALERTS__RETRY__BASE_MS="600000", GEOCLIMATE_ALERTS__RETRY__CAP_MS="600000")
        self.post(server, 180)
        first = self.receiver.wait_for_count(1, PATIENCE)[0]
        until(lambda: self.metric(server, 'alert_deliveries_total{outcome="failed"}') == 1)
        # Counted at each look.
        until(lambda: self.metric(server, "alert_events_pending") == 1)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        self.make_due()
        self.serve()
        second = self.receiver.wait_for_count(2, PATIENCE)[1]
        self.assertEqual((second.id, second.body), (first.id, first.body))
        verify(made["secret"], second.headers, second.body)

    def make_due(self):
        import sqlite3  # pylint: disable=import-outside-toplevel
        connection = sqlite3.connect(self.data / "geoclimate.db")
        self.assertEqual(connection.execute("UPDATE alert_events SET due_at = 0").rowcount, 1)
        connection.commit()
        connection.close()

    def test_of_two_servers_one_sends_and_the_other_goes_on_in_its_place(self):
        servers = [self.started(), self.serve()]
        first = self.alert(servers[0])
        alerts = 1
        for round_number in range(3):
            for server in servers:
                self.alert(server, name=f"{round_number}")
                alerts += 1
        self.post(servers[1], 180)
        received = self.receiver.wait_for_count(alerts, PATIENCE)
        until(lambda: self.metric(servers[0], "alert_events_pending") == 0)
        self.assertEqual(len({one.id for one in received}), alerts)
        self.assertEqual(self.receiver.count(), alerts, "each once")
        sent = [self.metric(server, 'alert_deliveries_total{outcome="delivered"}') for server in servers]
        self.assertEqual(sorted(sent), [0, alerts], "one of them sent all")

        holder = sent.index(alerts)
        servers[holder].kill()
        other = servers[1 - holder]
        self.post(other, 20)
        until(lambda: self.phase(other, first) == "idle")
        self.post(other, 190)
        until(lambda: self.metric(other, 'alert_deliveries_total{outcome="delivered"}') or None)

    def test_a_forecast_that_another_process_issued_is_told_once(self):
        make_data_directory(self.data)
        server = self.serve()
        site = "06-037-1103"
        self.alert(server, site_id=site, source="forecast", pollutant="NO2", threshold=1, name="forecast")
        [received] = self.receiver.wait_for_count(1, PATIENCE)
        data = received.event["data"]
        self.assertEqual((data["source"], data["horizon"], data["valid_from"]), ("forecast", 1, "2021-01-01T08:00:00Z"))
        forecast = server.get(f"/v1/forecast?site={site}&pollutant=NO2&horizon=1").json()
        told = forecast["days"][0]["pollutants"][0]
        self.assertEqual((data["aqi"], data["model_id"], data["method"]),
                         (told["aqi"], told["model_id"], told["method"]))
        self.assertEqual(data["table"], forecast["table"])
        # Another table of the same day.
        self.post(server, 7)
        until(lambda: server.get(f"/v1/forecast?site={site}").json()["table"] != forecast["table"])
        self.alert(server, site_id=site, source="forecast", pollutant="NO2", threshold=1, name="later")
        later = self.receiver.wait_for_count(2, PATIENCE)
        self.assertEqual([one.event["data"]["alert_name"] for one in later], ["forecast", "later"])


class GuardTest(AlertsTest):
    """Nothing is sent where a stranger must not reach by this server."""

    INSIDE = ["https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/", "https://0177.0.0.1/",
              "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://0.0.0.0/",
              "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://172.16.0.1/",
              "https://192.168.0.1/", "https://100.64.0.1/", "https://[fd00::1]/", "https://[fe80::1]/",
              "https://localhost/", "https://localhost./", "http://93.184.216.34/", "ftp://93.184.216.34/",
              "https://user:password@93.184.216.34/", "file:///etc/passwd", "//93.184.216.34/", "https://",
              "https://[64:ff9b::7f00:1]/", "https://168.63.129.16/"]

    def test_targets_inside_are_refused_by_one_answer(self):
        server = self.started(allowed=False)
        said = set()
        for url in [*self.INSIDE, self.receiver.url]:
            rule = {"site_id": SITE, "threshold": 1, "url": url}
            answer = server.post("/v1/alerts", rule)
            self.assertEqual(answer.status, 422, (url, answer.body))
            self.assertIn("'url'", answer.json()["error"], url)
            if url.startswith("https://") and "@" not in url and url != "https://":
                said.add(answer.json()["error"])
        self.assertEqual(len(said), 1, "which tells nothing of what names there are")
        self.assertEqual(server.get("/v1/alerts").json()["alerts"], [])
        self.assertEqual(self.receiver.count(), 0)

    def test_a_target_is_looked_at_again_at_each_delivery(self):
        server = self.started()
        made = self.alert(server)
        server.terminate()
        server.wait()
        server = self.serve(allowed=False)
        self.post(server, 180)
        [letter] = until(lambda: server.get("/v1/alerts/dead-letters").json()["dead_letters"])
        self.assertEqual((letter["alert_id"], letter["attempts"]), (made["id"], 1))
        self.assertNotIn("127.0.0.1", letter["error"])
        self.assertEqual(self.receiver.count(), 0)
        self.assertEqual(self.metric(server, 'alert_deliveries_total{outcome="refused"}'), 1)

    def test_an_allowed_address_is_named_right_or_the_start_refused(self):
        result = run("--data-dir", self.data, "serve", check=False,
                     environment={"GEOCLIMATE_ALERTS__ALLOWED_ADDRESSES": "[everything]"})
        self.assertEqual(result.returncode, 2)
        self.assertIn("everything", result.stderr)


class OwnersTest(AlertsTest):
    def test_callers_see_and_change_their_own(self):
        def key(name, scopes="read,predict"):
            made = run("--data-dir", self.data, "keys", "create", "--name", name, "--scopes", scopes, "--json")
            return {"X-API-Key": json.loads(made.stdout)["key"]}

        city, other, admin = key("city"), key("other"), key("ops", "admin")
        reader = key("city", "read")
        server = self.serve(GEOCLIMATE_AUTH__REQUIRED="true")
        stored = server.request("POST", "/v1/observations", json.dumps(observation(5)),
                                {"Content-Type": "application/json", **city})
        self.assertEqual(stored.status, 200)
        until(lambda: server.request("GET", "/v1/sites", headers=city).json()["sites"])
        made = self.alert(server, headers=city)
        path = f"/v1/alerts/{made['id']}"
        self.assertEqual(made["owner"], "key city")
        self.assertEqual([server.request("GET", path, headers=who).status for who in (city, reader, other, admin)],
                         [200, 200, 404, 200])
        self.assertEqual(server.request("GET", "/v1/alerts", headers=other).json()["alerts"], [])
        self.assertEqual(server.request("DELETE", path, headers=reader).status, 403)
        self.assertEqual(server.request("DELETE", path, headers=other).status, 404)
        self.assertEqual(server.request("DELETE", path, headers=city).status, 200)
        audit = server.request("GET", "/admin/audit", headers=admin, port=server.management_port).json()
        actions = {(one["action"], one["outcome"]) for one in audit}
        self.assertLessEqual({("alert.create", "done"), ("alert.remove", "done"), ("alert.remove", "NOT_FOUND")}, actions)
        database = b"".join(file.read_bytes() for file in self.data.glob("geoclimate.db*"))
        self.assertNotIn(made["secret"].encode(), database, "no secret is kept")


class PostgresTest(AlertsTest):
    def test_alerts_on_a_shared_database_need_a_shared_key(self):
        postgres = PostgresServer()
        self.addCleanup(postgres.close)
        url = self.data / "url"
        url.write_text(postgres.url(postgres.new_database()) + "\n")
        environment = {"GEOCLIMATE_DATABASE__URL_FILE": str(url)}
        bare = self.serve(**environment)
        self.assertEqual(bare.get("/v1/alerts").status, 404)
        self.assertIn("alerts.key_file", bare.stderr())
        bare.terminate()
        bare.wait()
        key = self.data / "shared.key"
        key.write_text("0123456789abcdef" * 4 + "\n")
        key.chmod(0o640)
        environment["GEOCLIMATE_ALERTS__KEY_FILE"] = str(key)
        servers = [self.started(**environment), self.serve(**environment)]
        made = [self.alert(server) for server in servers]
        self.post(servers[0], 180)
        received = self.receiver.wait_for_count(2, PATIENCE)
        secrets = {one["id"]: one["secret"] for one in made}
        for one in received:
            verify(secrets[one.event["data"]["alert_id"]], one.headers, one.body)
        self.assertEqual(len({one.id for one in received}), 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
