"""From a server that dies to the message about it."""

import unittest

from services import wait_for
from sources import JOB, SOURCE

MODEL = SOURCE / "fuzz/corpus/model_file/xgb_names.json"


class AlertingTest(unittest.TestCase):
    stack = None

    def test_a_server_that_is_killed_is_told_with_its_runbook_and_resolved_when_it_is_taken_out(self):
        stack = self.stack
        lost = stack.serve("serve", "--model", MODEL)
        instance, others = stack.metrics_of(lost), [stack.metrics_of(stack.server)]
        stack.prometheus.watch([*others, instance])
        wait_for("its scrapes", lambda: stack.prometheus.query(f'up{{instance="{instance}"}} == 1'))
        lost.kill()
        told = wait_for("the chat", lambda: self.attachments("[FIRING 1] InstanceDown in us-east-1"))
        self.assertIn(f"{instance} has not answered a scrape", told[0]["text"])
        self.assertIn("What to do: docs/runbooks/InstanceDown.md", told[0]["text"])
        # The region has another server.
        self.assertEqual([], stack.prometheus.query(f'ALERTS{{alertname="RegionDown", job="{JOB}"}}'))
        stack.prometheus.watch(others)
        wait_for("its end", lambda: self.attachments("[RESOLVED] InstanceDown in us-east-1"))

    def test_a_database_that_goes_away_is_told_until_it_is_back(self):
        firing = 'ALERTS{alertname="DatabaseDown", alertstate="firing"}'
        with self.stack.without("postgres"):
            wait_for("the alert", lambda: self.stack.prometheus.query(firing))
        wait_for("its end", lambda: not self.stack.prometheus.query(firing))

    def attachments(self, title):
        return [attachment for body in self.stack.notified.sent_to("/chat")
                for attachment in body["attachments"] if attachment["title"] == title]
