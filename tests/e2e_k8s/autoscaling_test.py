"""The HPA controller of Kubernetes on recorded load of the real server, from three servers to twenty and back.

Usage: autoscaling_test.py PROGRAM SOURCE_DIR

That a server which goes away cuts no request is tests/nginx/restart_test.py's to show, on real processes.
"""

import datetime
import json
import math
import re
import sys
import time
import unittest

import yaml

import provisions
import recorded_load
from cluster import Cluster
from installing import CHART, NAMESPACE, helm, servers, until_available
from metrics_api import REQUESTS, MetricsApi
from waiting import until

# A step takes as long as the window before it.
PATIENCE = 900
# Instead of 300 s, and of a tenth a minute: for the cases that are not about these.
IN_A_HURRY = {"scaleDown": {"stabilizationWindowSeconds": 0, "policies": [
    {"type": "Percent", "value": 50, "periodSeconds": 15}]}}
# The controller looks so often.
SYNC_SECONDS = 15
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
REQUEST_CORES = float(VALUES["api"]["resources"]["requests"]["cpu"].removesuffix("m")) / 1000
LIMIT_CORES = float(VALUES["api"]["resources"]["limits"]["cpu"])
# Forty servers' worth of requests.
TOO_MANY = 40 * VALUES["autoscaling"]["requestsPerSecond"]


def setUpModule():
    global curve
    curve = recorded_load.Curve(recorded_load.record(), LIMIT_CORES)
    for measured in curve.measured:
        print(f"recorded: {measured.requests_per_second:.0f} requests/s, {measured.cpu_cores:.3f} cores, "
              f"{measured.memory_bytes / 2**20:.0f} MiB", file=sys.stderr)


class AutoscalingTest(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        provisions.add_definitions(self.cluster)
        provisions.add_nodes(self.cluster, 21)
        provisions.add_volumes(self.cluster, "volume")
        provisions.add_namespace(self.cluster, NAMESPACE)
        self.metrics = self.enterContext(MetricsApi(self.cluster, curve, lambda: servers(self.cluster)))

    def install(self, *more, behavior=None):
        helm(self.cluster, "install", "default", *more)
        if behavior:
            self.cluster.kubectl("patch", "hpa", "geo-climate-api-hpa", "--namespace", NAMESPACE, "--type=merge", "--patch",
                                 json.dumps({"spec": {"behavior": behavior}}))
        self.until_servers(3)
        # The controller has seen each metric.
        until(lambda: len(self.autoscaler()["status"].get("currentMetrics") or []) == 3
              and self.condition("ScalingActive")["status"] == "True", self.autoscaler)

    def autoscaler(self):
        return self.cluster.get("hpa", "geo-climate-api-hpa", NAMESPACE)

    def condition(self, kind):
        return next(condition for condition in self.autoscaler()["status"]["conditions"] if condition["type"] == kind)

    def until_servers(self, count):
        def there():
            deployment = self.cluster.get("deployment", "geo-climate-api", NAMESPACE)
            return deployment["spec"]["replicas"] == count == deployment.get("status", {}).get("readyReplicas", 0)

        until(there, lambda: f"{count} servers: {self.autoscaler()['status']}", PATIENCE, pause=1)

    def until_condition(self, kind, reason):
        until(lambda: self.condition(kind)["reason"] == reason, lambda: self.autoscaler()["status"], PATIENCE, pause=1)

    def rescales(self):
        """(when, to how many servers, why), as the controller has told it, in order."""
        found = []
        for event in self.cluster.list("event", NAMESPACE):
            if event["reason"] == "SuccessfulRescale":
                at = datetime.datetime.fromisoformat(event["lastTimestamp"]).timestamp()
                size, why = re.fullmatch(r"New size: (\d+); reason: (.*)", event["message"]).groups()
                found.append((at, int(size), why))
        return sorted(found)

    def test_from_three_to_twenty_and_down_as_the_chart_says(self):
        self.install()
        began = time.time()
        self.metrics.load = TOO_MANY
        self.until_servers(20)
        self.until_condition("ScalingLimited", "TooManyReplicas")
        ups = [rescale for rescale in self.rescales() if rescale[0] >= began - 1]
        # Twice as many each time, and not before 30 s have passed.
        self.assertEqual([size for _, size, _ in ups], [6, 12, 20])
        for earlier, later in zip(ups, ups[1:]):
            self.assertGreaterEqual(later[0] - earlier[0], 29)

        # What twenty have at once, the scheduler has places for, and the nodes one each.
        self.assertEqual(len({pod["spec"]["nodeName"] for pod in servers(self.cluster)}), 20)

        quiet = time.time()
        self.metrics.load = 0
        until(lambda: self.rescales()[-1][1] <= 16, lambda: self.autoscaler()["status"], PATIENCE, pause=1)
        downs = [rescale for rescale in self.rescales() if rescale[0] > quiet]
        # The last wish for twenty counts for 300 s; then a tenth a minute.
        self.assertEqual([size for _, size, _ in downs], [18, 16])
        self.assertGreaterEqual(downs[0][0] - quiet, 300 - SYNC_SECONDS - 1)
        self.assertGreaterEqual(downs[1][0] - downs[0][0], 59)
        self.assertIn("All metrics below target", downs[0][2])

    def test_down_to_three_and_no_further(self):
        self.install(behavior=IN_A_HURRY)
        self.metrics.load = TOO_MANY
        self.until_servers(20)
        self.metrics.load = 0
        self.until_servers(3)
        self.until_condition("ScalingLimited", "TooFewReplicas")
        sizes = [size for _, size, _ in self.rescales()]
        self.assertEqual(min(sizes), 3)
        # PostgreSQL has a connection left for each of them, and for those that come and go.
        until_available(self.cluster)

    # k8s/README.md, "Scaling": 0.44 of the request for CPU, by what a request costs. Then CPU is below its own 70 %.
    def test_requests_scale_by_themselves_at_the_target_of_the_documented_arithmetic(self):
        target = math.floor(0.44 * REQUEST_CORES / curve.cpu_seconds_per_request)
        print(f"{1e6 * curve.cpu_seconds_per_request:.1f} us of CPU a request: {target} requests/s of one server",
              file=sys.stderr)
        self.install("--set", f"autoscaling.requestsPerSecond={target}", behavior=IN_A_HURRY)
        self.metrics.load = 7.8 * target
        self.until_servers(8)
        # It has settled: each has less than the target, and eight are wanted.
        until(lambda: self.current(REQUESTS) == math.ceil(7.8 * target / 8), self.autoscaler, pause=1)
        self.assertEqual(self.autoscaler()["status"]["desiredReplicas"], 8)
        self.assertTrue(all(f"pods metric {REQUESTS} above target" in why for _, size, why in self.rescales() if size > 3))
        self.metrics.load = target / 2
        self.until_servers(3)

    def current(self, name):
        for metric in self.autoscaler()["status"]["currentMetrics"]:
            if metric["type"] == "Pods" and metric["pods"]["metric"]["name"] == name:
                value = metric["pods"]["current"]["averageValue"]
                return math.ceil(int(value[:-1]) / 1000) if value.endswith("m") else int(value)
        return None

    # Without metrics nobody knows that it is quiet.
    def test_metrics_that_are_gone_take_no_server_away(self):
        self.install(behavior=IN_A_HURRY)
        self.metrics.load = TOO_MANY
        self.until_servers(20)
        self.metrics.close()
        self.until_condition("ScalingActive", "FailedGetResourceMetric")
        self.assertEqual(self.autoscaler()["status"]["desiredReplicas"], 20)
        self.until_servers(20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
