"""Upgrades and rollbacks of the chart: what stays available meanwhile, and what comes of one that fails.

Usage: release_test.py PROGRAM SOURCE_DIR
"""

import contextlib
import json
import subprocess
import sys
import unittest

import provisions
from cluster import TOOLS, Cluster
from installing import NAMESPACE, helm, servers, until_available
from waiting import PATIENCE, until

# A drain as short as it may be: a rollout waits for it at each server.
BRISK = ["--set", "api.drainSeconds=1", "--set", "api.preStopSeconds=1"]


class ReleaseTest(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        provisions.add_definitions(self.cluster)
        provisions.add_nodes(self.cluster, 8)
        provisions.add_volumes(self.cluster, "volume")
        provisions.add_namespace(self.cluster, NAMESPACE)
        helm(self.cluster, "install", "staging", *BRISK, "--set", "image.tag=v1")
        self.until_servers(3)

    def until_servers(self, count):
        """Waits until so many are there, which are all that are wanted."""
        until(lambda: until_available(self.cluster)["geo-climate-api"]["spec"]["replicas"] == count, f"{count} servers")

    def upgrade(self, *more):
        return helm(self.cluster, "upgrade", "staging", *BRISK, *more)

    def deployment(self):
        return self.cluster.get("deployment", "geo-climate-api", NAMESPACE)

    def tags(self):
        return {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in servers(self.cluster)}

    @contextlib.contextmanager
    def watched(self):
        """Gives the list of the numbers of available servers, one for each change of the Deployment's status."""
        seen = []
        watch = subprocess.Popen(
            [TOOLS / "kubectl", "--kubeconfig", self.cluster.kubeconfig, "get", "deployment", "geo-climate-api",
             "--namespace", NAMESPACE, "--watch", "--output", "jsonpath={.status.availableReplicas}{'\\n'}"],
            stdout=subprocess.PIPE, text=True)
        try:
            seen.append(int(watch.stdout.readline()))
            yield seen
        finally:
            watch.terminate()
            seen.extend(int(line or 0) for line in watch.communicate(timeout=PATIENCE)[0].splitlines())

    def test_an_upgrade_and_its_rollback_leave_three_servers_available_at_every_moment(self):
        with self.watched() as available:
            self.upgrade("--set", "image.tag=v2")
            until(lambda: self.tags() == {"v2"}, "the new version")
            self.until_servers(3)
            self.cluster.helm("rollback", "geo-climate", "1", "--namespace", NAMESPACE)
            until(lambda: self.tags() == {"v1"}, "the old version")
            self.until_servers(3)
        self.assertGreater(len(available), 6)
        self.assertGreaterEqual(min(available), 3, available)
        self.assertLessEqual(max(available), 4, available)
        history = json.loads(self.cluster.helm("history", "geo-climate", "--namespace", NAMESPACE, "--output",
                                               "json").stdout)
        self.assertEqual([entry["status"] for entry in history], ["superseded", "superseded", "deployed"])

    def test_a_version_that_never_starts_takes_no_server_away_and_is_rolled_back(self):
        old = {pod["metadata"]["name"] for pod in servers(self.cluster)}
        with self.watched() as available:
            self.upgrade("--set", "image.tag=never-ready")
            until(lambda: "never-ready" in self.tags(), "a server of the new version")
            self.cluster.helm("rollback", "geo-climate", "--namespace", NAMESPACE)
            until(lambda: self.tags() == {"v1"}, "the new version to be gone")
            self.until_servers(3)
        self.assertGreaterEqual(min(available), 3, available)
        self.assertEqual({pod["metadata"]["name"] for pod in servers(self.cluster)}, old)

    def test_an_upgrade_that_fits_no_node_waits_and_takes_no_server_away(self):
        self.upgrade("--set", "image.tag=v2", "--set", "api.resources.requests.cpu=64000m", "--set",
                     "api.resources.limits.cpu=64000m")
        until(lambda: [event for event in self.cluster.list("event", NAMESPACE)
                       if event["reason"] == "FailedScheduling" and "Insufficient cpu" in event["message"]],
              "the scheduler to find no room")
        self.assertEqual(self.deployment()["status"]["availableReplicas"], 3)
        self.cluster.helm("rollback", "geo-climate", "--namespace", NAMESPACE)
        until(lambda: self.tags() == {"v1"}, "the old version alone")
        self.until_servers(3)

    def test_a_change_of_settings_starts_the_servers_anew_and_nothing_else(self):
        before = self.names()
        self.upgrade("--set", "image.tag=v1", "--set", "settings.monitoring.log_level=debug")
        until(lambda: not self.names()["api"] & before["api"], "new servers")
        self.until_servers(3)
        after = self.names()
        for component in ("nginx", "postgres", "redis"):
            self.assertEqual(after[component], before[component])

    def names(self):
        found = {}
        for pod in self.cluster.list("pod", NAMESPACE):
            if "deletionTimestamp" not in pod["metadata"]:
                found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/component"], set()).add(
                    pod["metadata"]["uid"])
        return found

    # The chart once said how many servers, and an upgrade failed over what the autoscaler had made of it.
    def test_an_upgrade_leaves_the_number_of_servers_to_the_autoscaler(self):
        self.cluster.kubectl("patch", "hpa", "geo-climate-api-hpa", "--namespace", NAMESPACE, "--type=merge", "--patch",
                             '{"spec": {"minReplicas": 5}}')
        self.until_servers(5)
        with self.watched() as available:
            self.upgrade("--set", "image.tag=v2", "--set", "autoscaling.minReplicas=5")
            until(lambda: self.tags() == {"v2"}, "the new version")
            self.until_servers(5)
        self.assertGreaterEqual(min(available), 5, available)

    def test_what_is_kept_outlives_the_installation_and_is_taken_up_by_the_next(self):
        kept = {claim["metadata"]["name"]: claim["spec"]["volumeName"]
                for claim in self.cluster.list("persistentvolumeclaim", NAMESPACE)}
        self.cluster.helm("uninstall", "geo-climate", "--namespace", NAMESPACE, "--wait")
        self.assertEqual(self.cluster.list("deployment", NAMESPACE), [])
        helm(self.cluster, "install", "staging", *BRISK)
        self.until_servers(3)
        self.assertEqual({claim["metadata"]["name"]: claim["spec"]["volumeName"]
                          for claim in self.cluster.list("persistentvolumeclaim", NAMESPACE)}, kept)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
