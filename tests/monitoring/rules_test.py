"""The rules by promtool, and what a rule must have beside being right: a test of it, a severity, a runbook.

Usage: rules_test.py PROGRAM SOURCE_DIR
"""

import collections
import re
import sys
import unittest

import yaml

from sources import (ALERTS, JOB, MONITORING, PROMTOOL, RECORDED, RULE_FILES, RULE_TESTS, RUNBOOKS,
                     SOURCE, read_yaml, run_tool, selectors)


def minutes(duration):
    units = {"s": 1 / 60, "m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([smhdw])", duration))


class PromtoolTest(unittest.TestCase):
    def test_the_configuration_is_valid(self):
        run_tool(PROMTOOL, "check", "config", "--lint-fatal", MONITORING / "prometheus/prometheus.yml")

    def test_the_rules_are_valid(self):
        run_tool(PROMTOOL, "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)

    def test_the_alerts_fire_when_they_should_and_only_then(self):
        run_tool(PROMTOOL, "test", "rules", *RULE_TESTS)


class AlertTest(unittest.TestCase):
    def test_every_alert_is_seen_silent_then_firing_then_silent_again(self):
        moments = collections.defaultdict(list)
        for file in RULE_TESTS:
            for group in read_yaml(file)["tests"]:
                for check in group.get("alert_rule_test", []):
                    moments[check["alertname"], group["name"]].append(
                        (minutes(check["eval_time"]), bool(check["exp_alerts"])))
        whole = {alert for (alert, _), seen in moments.items()
                 if [firing for _, firing in sorted(seen)][-1:] == [False]
                 and [firing for _, firing in sorted(seen)][:1] == [False]
                 and any(firing for _, firing in seen)}
        self.assertEqual(set(), set(ALERTS) - whole, "alerts without a whole test")
        self.assertEqual(set(), {alert for alert, _ in moments} - set(ALERTS), "tests of no alert")

    def test_every_alert_says_how_bad_it_is_and_what_to_do(self):
        for name, alert in ALERTS.items():
            with self.subTest(name):
                self.assertIn(alert["labels"]["severity"], {"critical", "warning"})
                self.assertEqual({"summary", "description", "runbook_url"}, set(alert["annotations"]))
                page = SOURCE / alert["annotations"]["runbook_url"]
                self.assertEqual(RUNBOOKS / f"{name}.md", page)

    def test_names_are_given_once(self):
        names = [rule.get("alert") or rule["record"] for file in RULE_FILES
                 for group in read_yaml(file)["groups"] for rule in group["rules"]]
        self.assertEqual(len(names), len(set(names)))

    def test_series_of_the_program_are_chosen_by_their_job(self):
        # In a Prometheus of many programs http_requests_total is a common name.
        for name, expression in [*RECORDED.items(), *((name, rule["expr"]) for name, rule in ALERTS.items())]:
            for series, text in selectors(expression):
                if series not in RECORDED:
                    self.assertIn(f'job="{JOB}"', text, name)


MANIFESTS = sorted((SOURCE / "k8s/base").glob("*.yaml"))


class KubectlTest(unittest.TestCase):
    """What the runbooks ask of a cluster, by the names that the manifests give."""

    KINDS = {"deploy": "Deployment", "deployment": "Deployment", "endpoints": "Service",
             "pvc": "PersistentVolumeClaim"}

    @classmethod
    def setUpClass(cls):
        cls.objects = [document for file in MANIFESTS
                       for document in yaml.safe_load_all(file.read_text())
                       if document and "metadata" in document]
        cls.text = "".join(page.read_text() for page in sorted(RUNBOOKS.glob("*.md")))

    def test_objects_exist(self):
        named = re.findall(r"\b(deploy|deployment|endpoints|pvc)[/ ]([a-z][a-z-]+)", self.text)
        self.assertIn(("deploy", "geo-climate-api"), named)
        known = {(one["kind"], one["metadata"]["name"]) for one in self.objects}
        self.assertEqual(set(), {(self.KINDS[kind], name) for kind, name in named} - known)

    def test_selectors_select_pods(self):
        asked = set(re.findall(r"-l (app\.kubernetes\.io/\w+=[\w-]+)", self.text))
        pods = [one["spec"]["template"]["metadata"]["labels"] for one in self.objects
                if "template" in one.get("spec", {})]
        given = {f"{name}={value}" for labels in pods for name, value in labels.items()}
        self.assertTrue(asked)
        self.assertEqual(set(), asked - given)


class RunbookTest(unittest.TestCase):
    SECTIONS = ["What it means", "How to see", "What to do", "How to know that it worked"]

    def test_every_alert_has_a_page_and_every_page_an_alert(self):
        pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
        self.assertEqual(set(ALERTS), pages)

    def test_every_page_has_its_four_sections_and_is_listed(self):
        listed = set(re.findall(r"\]\((\w+)\.md\)", (RUNBOOKS / "README.md").read_text()))
        self.assertEqual(set(ALERTS), listed)
        for name in ALERTS:
            text = (RUNBOOKS / f"{name}.md").read_text()
            self.assertTrue(text.startswith(f"# {name}\n"), name)
            self.assertEqual(self.SECTIONS, re.findall(r"^## (.*)$", text, re.MULTILINE), name)

    def test_links_between_pages_lead_somewhere(self):
        for page in RUNBOOKS.glob("*.md"):
            for target in re.findall(r"\]\((\w+\.md)\)", page.read_text()):
                self.assertTrue((RUNBOOKS / target).exists(), f"{page.name}: {target}")

    def test_a_critical_alert_stands_in_the_column_of_those(self):
        for line in (RUNBOOKS / "README.md").read_text().splitlines():
            if not line.startswith("| ["):
                continue
            critical, warning = line.strip("|").split("|")
            for severity, cell in (("critical", critical), ("warning", warning)):
                for name in re.findall(r"\[(\w+)\]", cell):
                    self.assertEqual(severity, ALERTS[name]["labels"]["severity"], name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
