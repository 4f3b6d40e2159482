"""What monitoring/ holds, read from its files, and the programs that read it for real."""

import pathlib
import re
import subprocess
import sys

import promql_parser
import yaml

SOURCE = pathlib.Path(sys.argv[2])
MONITORING = SOURCE / "monitoring"
RUNBOOKS = SOURCE / "docs/runbooks"
PROMETHEUS = SOURCE / "build/deps/prometheus/usr/bin/prometheus"
PROMTOOL = SOURCE / "build/deps/prometheus/usr/bin/promtool"
ALERTMANAGER = SOURCE / "build/deps/prometheus-alertmanager/usr/bin/prometheus-alertmanager"
AMTOOL = SOURCE / "build/deps/prometheus-alertmanager/usr/bin/amtool"
RULE_FILES = sorted((MONITORING / "prometheus/rules").glob("*.yml"))
RULE_TESTS = sorted((MONITORING / "prometheus/tests").glob("*.yml"))
# The job whose series the rules choose.
JOB = "geo-climate-api"


def run_tool(*arguments, check=True):
    result = subprocess.run([str(argument) for argument in arguments], capture_output=True,
                            text=True, timeout=600, check=False)
    if check and result.returncode != 0:
        raise AssertionError(f"{arguments}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def read_yaml(path):
    return yaml.safe_load(path.read_text())


def rules(kind):
    """The rules of all files that are of a kind, "alert" or "record"."""
    for file in RULE_FILES:
        for group in read_yaml(file)["groups"]:
            yield from (rule for rule in group["rules"] if kind in rule)


ALERTS = {rule["alert"]: rule for rule in rules("alert")}
RECORDED = {rule["record"]: rule["expr"] for rule in rules("record")}


def selectors(expression):
    """The series that a query reads: (name, query of them alone, without window and offset)."""
    found = {}

    def visit(node):
        if isinstance(node, promql_parser.VectorSelector):
            text = re.sub(r"\s+offset\s+\S+$", "", node.prettify().strip())
            found[node.name] = found.get(node.name, set()) | {text}
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return sorted((name, text) for name, texts in found.items() for text in texts)


def series_names(expressions):
    return {name for expression in expressions for name, _ in selectors(expression)}
