"""Who is told of what: amtool on the configuration, and a real Alertmanager that is given alerts.

Usage: alertmanager_test.py PROGRAM SOURCE_DIR
"""

import pathlib
import sys
import tempfile
import unittest

from services import Alertmanager, Notified, wait_for
from sources import ALERTS, AMTOOL, JOB, MONITORING, run_tool

CONFIGURATION = MONITORING / "alertmanager/alertmanager.yml"


def alert(name, /, region="us-east-1", **labels):
    rule = ALERTS[name]
    return {"labels": {"alertname": name, "job": JOB, "region": region, **rule["labels"], **labels},
            "annotations": {"summary": rule["annotations"]["summary"],
                            "description": f"about {labels.get('instance', name)}",
                            "runbook_url": rule["annotations"]["runbook_url"]}}


class AmtoolTest(unittest.TestCase):
    def test_the_configuration_is_valid(self):
        output = run_tool(AMTOOL, "check-config", CONFIGURATION).stdout
        self.assertIn("1 templates", output)

    def test_critical_alerts_go_to_the_pager_and_the_others_to_the_chat(self):
        for name, rule in ALERTS.items():
            receiver = {"critical": "pager", "warning": "chat"}[rule["labels"]["severity"]]
            run_tool(AMTOOL, "config", "routes", "test", f"--config.file={CONFIGURATION}",
                     f"--verify.receivers={receiver}", f"alertname={name}",
                     f"severity={rule['labels']['severity']}")


class AlertmanagerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="geoclimate-alertmanager-")
        self.addCleanup(folder.cleanup)
        self.notified = self.enterContext(Notified())
        self.alertmanager = self.enterContext(
            Alertmanager(pathlib.Path(folder.name) / "alertmanager", self.notified))

    def post(self, *alerts):
        self.alertmanager.request("/api/v2/alerts", list(alerts)).close()

    def test_a_region_without_servers_has_no_other_news(self):
        self.post(alert("RegionDown"), alert("InstanceDown", instance="a"),
                  alert("HighErrorRatio"), alert("DiskAlmostFull", instance="b", folder="data"),
                  alert("HighErrorRatio", region="eu-west-1"),
                  {"labels": {"alertname": "Other", "job": "database", "region": "us-east-1"}})
        told = wait_for("all alerts", lambda: len(self.alertmanager.get("/api/v2/alerts")) == 6
                        and self.held())
        self.assertEqual({("RegionDown", "us-east-1"): False, ("InstanceDown", "us-east-1"): True,
                          ("HighErrorRatio", "us-east-1"): True, ("DiskAlmostFull", "us-east-1"): True,
                          ("HighErrorRatio", "eu-west-1"): False, ("Other", "us-east-1"): False}, told)

    def held(self):
        found = self.alertmanager.get("/api/v2/alerts")
        # Which alerts are held back is decided when a group is first looked at.
        if any(one["status"]["state"] == "unprocessed" for one in found):
            return None
        return {(one["labels"]["alertname"], one["labels"]["region"]):
                bool(one["status"]["inhibitedBy"]) for one in found}

    def test_a_server_that_is_away_silences_what_is_said_of_it_alone(self):
        self.post(alert("InstanceDown", instance="a"),
                  alert("FileDescriptorsRunningOut", instance="a"),
                  alert("MachineMemoryHigh", instance="b"), alert("NoTraffic"))
        told = wait_for("all alerts", lambda: len(self.alertmanager.get("/api/v2/alerts")) == 4
                        and self.held())
        self.assertEqual({"FileDescriptorsRunningOut"}, {name for (name, _), is_held in told.items() if is_held})

    def test_the_worse_of_two_thresholds_says_it(self):
        self.post(alert("CriticalErrorRatio"), alert("HighErrorRatio"), alert("ErrorBudgetBurnsFast"),
                  alert("ErrorBudgetBurnsSlowly"), alert("HighLatencyP99", endpoint="/predict"),
                  alert("HighLatencyP95", endpoint="/predict"))
        told = wait_for("all alerts", lambda: len(self.alertmanager.get("/api/v2/alerts")) == 6
                        and self.held())
        self.assertEqual({"CriticalErrorRatio", "HighLatencyP99"},
                         {name for (name, _), is_held in told.items() if not is_held})

    def test_a_service_that_is_away_is_told_without_its_breaker_and_its_statements(self):
        self.post(alert("DatabaseDown", instance="a"), alert("SlowQueries"),
                  alert("CircuitBreakerOpen", instance="a", name="database"),
                  alert("CircuitBreakerOpen", instance="a", name="sources"),
                  alert("RedisDown", instance="b"),
                  alert("CircuitBreakerOpen", instance="b", name="redis"))
        found = wait_for("all alerts", lambda: self.held()
                         and self.alertmanager.get("/api/v2/alerts"))
        held = {one["labels"].get("name", one["labels"]["alertname"]) for one in found
                if one["status"]["inhibitedBy"]}
        self.assertEqual((6, {"SlowQueries", "database", "redis"}), (len(found), held))

    def test_the_servers_of_one_cause_are_one_message_with_its_runbook(self):
        self.post(*(alert("DiskAlmostFull", instance=f"server-{i}", folder="data") for i in range(5)),
                  alert("NoTraffic"))
        [page] = wait_for("the pager", lambda: self.notified.sent_to("/pager"))
        self.assertEqual("trigger", page["event_action"])
        self.assertEqual("[FIRING 5] DiskAlmostFull in us-east-1", page["payload"]["summary"])
        details = page["payload"]["custom_details"]["alerts"]
        for i in range(5):
            self.assertIn(f"- about server-{i}\n", details)
        self.assertIn("What to do: docs/runbooks/DiskAlmostFull.md", details)
        [chat] = wait_for("the chat", lambda: self.notified.sent_to("/chat"))
        self.assertEqual("#geo-climate", chat["channel"])
        self.assertEqual("[FIRING 1] NoTraffic in us-east-1", chat["attachments"][0]["title"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
