"""Every query of rules, dashboards and the HPA against what the real server gives."""

import json
import math
import re
import unittest

import yaml

from services import wait_for
from sources import ALERTS, JOB, MONITORING, RECORDED, SOURCE, selectors, series_names

# Series that Prometheus itself makes.
OF_PROMETHEUS = {"up", "ALERTS"}
# Series that a server gives only with a service beside it, with limits on its callers, or once enough rows were logged. One
# that is given is held to everything here.
OF_SERVICES = re.compile("(database|redis|storage|circuit_breaker|retries|rate_limit|feature_drift)_")
ADAPTER = MONITORING / "prometheus-adapter/config.yml"


def dashboard_queries():
    """(dashboard: panel, PromQL with its variables filled in)."""
    for file in sorted((MONITORING / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".+")
                yield f"{file.stem}: {panel['title']}", expression


def adapter_queries():
    """The metrics that prometheus-adapter makes of series, by name."""
    for rule in yaml.safe_load(ADAPTER.read_text())["rules"]:
        series = re.match(r"\w+", rule["seriesQuery"]).group()
        yield rule["name"]["as"], (rule["metricsQuery"].replace("<<.Series>>", series)
                                   .replace("<<.LabelMatchers>>", 'instance!=""')
                                   .replace("<<.GroupBy>>", "instance"))


def autoscaler_metrics():
    """The metrics that are not of the resource kind, of every HPA of the manifests."""
    for file in (SOURCE / "k8s").rglob("*.yaml"):
        text = file.read_text()
        if "HorizontalPodAutoscaler" not in text or "{{" in text:
            continue
        for document in yaml.safe_load_all(text):
            if document and document["kind"] == "HorizontalPodAutoscaler":
                for metric in document["spec"]["metrics"]:
                    kind = metric["type"].lower()
                    if kind != "resource":
                        yield metric[kind]["metric"]["name"]


class ExpositionTest(unittest.TestCase):
    stack = None

    def exposed(self):
        text = self.stack.server.request("GET", "/metrics", port=self.stack.server.metrics_port).body.decode()
        return set(re.findall(r"^(\w+)(?:\{.*\})? ", text, re.MULTILINE))

    @classmethod
    def of_services(cls, expression):
        """The series of services beside the server that a query comes down to."""
        names = {name for name, _ in selectors(expression)}
        found = {name for name in names if OF_SERVICES.match(name)}
        return found.union(*(cls.of_services(RECORDED[name]) for name in names & set(RECORDED)))

    def expect_data(self, expression):
        if self.of_services(expression) - self.exposed():
            return
        # Of a service that nobody asked yet a percentile or a ratio is no number.
        may_be_idle = self.of_services(expression)

        def answered():
            return any(may_be_idle or math.isfinite(float(sample["value"][1]))
                       for sample in self.stack.prometheus.query(expression))

        wait_for(f"data of {expression}", answered)

    def test_every_series_that_is_named_is_given_by_the_server(self):
        named = series_names(query for _, query in dashboard_queries())
        named |= series_names(RECORDED.values())
        named |= series_names(alert["expr"] for alert in ALERTS.values())
        named |= series_names(query for _, query in adapter_queries())
        missing = named - set(RECORDED) - OF_PROMETHEUS - self.exposed()
        self.assertEqual(set(), {name for name in missing if not OF_SERVICES.match(name)})

    def test_every_rule_is_computed_without_an_error(self):
        self.expect_data("job:http_error_budget:remaining_ratio")
        groups = self.stack.prometheus.get("/api/v1/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertEqual(set(ALERTS) | set(RECORDED), {rule["name"] for rule in rules})
        for rule in rules:
            self.assertEqual("ok", rule["health"], f"{rule['name']}: {rule.get('lastError')}")

    def test_every_recorded_series_has_data(self):
        for name in RECORDED:
            self.expect_data(name)

    # A whole alert answers nothing as long as all is well; the series that it compares are there.
    def test_every_series_of_an_alert_has_data(self):
        for alert in ALERTS.values():
            for _, series in selectors(alert["expr"]):
                self.expect_data(series)

    def test_every_panel_has_data(self):
        for panel, query in dashboard_queries():
            with self.subTest(panel):
                self.expect_data(query)

    def test_every_metric_of_the_autoscaler_has_data(self):
        made = dict(adapter_queries())
        for query in made.values():
            self.expect_data(query)
        self.assertIn("http_requests_per_second", made)
        self.assertEqual(set(), set(autoscaler_metrics()) - set(made))

    def test_answers_of_every_kind_were_counted(self):
        self.assertIsNone(self.stack.callers.failure)
        for status in (200, 404, 422, 504):
            self.expect_data(f'http_requests_total{{job="{JOB}", status="{status}"}} > 0')
        self.expect_data(f'predictions_total{{job="{JOB}", status="error"}} > 0')
        self.expect_data("job:http_request_errors:rate5m > 0")
