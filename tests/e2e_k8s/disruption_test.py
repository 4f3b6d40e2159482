"""Nodes that are drained, quotas that are full, and pods that push others aside, as the controllers decide it.

Usage: disruption_test.py PROGRAM SOURCE_DIR
"""

import sys
import unittest

import provisions
from cluster import Cluster
from installing import NAMESPACE, helm, servers, until_available
from waiting import until


class Installed(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        provisions.add_definitions(self.cluster)
        provisions.add_volumes(self.cluster, "volume")
        provisions.add_namespace(self.cluster, NAMESPACE)

    def install(self, *more):
        # A drain as short as it may be: a rollout waits for it at each server.
        helm(self.cluster, "install", "default", "--set", "api.drainSeconds=1", "--set", "api.preStopSeconds=1", *more)
        until_available(self.cluster)
        until(lambda: len(self.ready()) == 3, "three servers")

    def ready(self):
        return [pod for pod in servers(self.cluster) if self.condition(pod, "Ready") == "True"]

    @staticmethod
    def condition(item, kind):
        return next((condition["status"] for condition in item["status"].get("conditions", [])
                     if condition["type"] == kind), None)


class DrainTest(Installed):
    def setUp(self):
        super().setUp()
        self.nodes = provisions.add_nodes(self.cluster, 5)
        self.install()

    def drain(self, node, seconds=120):
        return self.cluster.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force",
                                    f"--timeout={seconds}s", check=False)

    def of_servers(self):
        return [pod["spec"]["nodeName"] for pod in self.ready()]

    def until_budget_allows(self, disruptions):
        until(lambda: self.cluster.get("poddisruptionbudget", "geo-climate-api", NAMESPACE)["status"]
              .get("disruptionsAllowed") == disruptions, f"{disruptions} disruptions to be allowed")

    def cordon_all_but(self, *kept):
        self.cluster.kubectl("cordon", *(node for node in self.nodes if node not in kept))

    def test_a_node_is_drained_when_two_servers_are_left(self):
        self.until_budget_allows(1)
        node = self.of_servers()[0]
        drained = self.drain(node)
        self.assertEqual(drained.returncode, 0, drained.stderr)
        until(lambda: len(self.ready()) == 3 and node not in self.of_servers(), "a third server on another node")

    def test_the_last_two_servers_block_a_drain_until_a_third_is_there(self):
        first, second, third = self.of_servers()
        # Nowhere to go.
        self.cordon_all_but(first, second, third)
        self.until_budget_allows(1)
        drained = self.drain(first)
        self.assertEqual(drained.returncode, 0, drained.stderr)
        until(lambda: sorted(self.of_servers()) == sorted([second, third]), "two servers")
        self.until_budget_allows(0)

        blocked = self.drain(second, seconds=15)
        self.assertNotEqual(blocked.returncode, 0)
        self.assertIn("violate the pod's disruption budget", blocked.stderr)
        self.assertIn(second, self.of_servers())

        self.cluster.kubectl("uncordon", *self.nodes)
        self.cluster.kubectl("cordon", second)
        until(lambda: len(self.ready()) == 3, "a third server")
        self.until_budget_allows(1)
        drained = self.drain(second)
        self.assertEqual(drained.returncode, 0, drained.stderr)

    # A budget that kept it would keep its node for ever.
    def test_a_server_that_is_broken_anyway_never_blocks_a_drain(self):
        first, second, third = self.of_servers()
        self.cordon_all_but(first, second, third)
        broken = next(pod for pod in self.ready() if pod["spec"]["nodeName"] == first)["metadata"]["name"]
        self.cluster.kubectl("patch", "pod", broken, "--namespace", NAMESPACE, "--subresource=status", "--type=strategic",
                             "--patch", '{"status": {"conditions": [{"type": "Ready", "status": "False"}]}}')
        self.until_budget_allows(0)
        drained = self.drain(first)
        self.assertEqual(drained.returncode, 0, drained.stderr)
        blocked = self.drain(second, seconds=15)
        self.assertIn("violate the pod's disruption budget", blocked.stderr)

    def test_of_two_balancers_one_stays(self):
        nodes = [pod["spec"]["nodeName"] for pod in self.cluster.list("pod", NAMESPACE, component="nginx")]
        self.assertEqual(len(set(nodes)), 2)
        self.cluster.kubectl("cordon", *self.nodes)
        # Whatever else is on the nodes may go.
        self.cluster.kubectl("delete", "poddisruptionbudget", "geo-climate-api", "--namespace", NAMESPACE)
        self.assertEqual(self.drain(nodes[0]).returncode, 0)
        blocked = self.drain(nodes[1], seconds=15)
        self.assertIn("violate the pod's disruption budget", blocked.stderr)
        self.assertEqual([pod["spec"].get("nodeName") for pod in self.cluster.list("pod", NAMESPACE, component="nginx")
                          if pod["spec"].get("nodeName")], [nodes[1]])


class QuotaTest(Installed):
    def setUp(self):
        super().setUp()
        provisions.add_nodes(self.cluster, 5)

    def limit(self, **hard):
        self.cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota",
                            "metadata": {"name": "all", "namespace": NAMESPACE},
                            "spec": {"hard": {name.replace("_", "."): value for name, value in hard.items()}}})

    # A quota of requests and limits refuses each pod that does not say them.
    def test_every_pod_says_what_a_quota_counts(self):
        self.limit(requests_cpu="20", requests_memory="20Gi", limits_cpu="40", limits_memory="40Gi", pods="30")
        self.install()
        self.cluster.kubectl("create", "job", "now", "--from=cronjob/geo-climate-train", "--namespace", NAMESPACE)
        self.cluster.kubectl("wait", "--for=condition=Complete", "job/now", "--namespace", NAMESPACE, "--timeout=300s")
        used = self.cluster.get("resourcequota", "all", NAMESPACE)["status"]["used"]
        # Three servers of 500m, two balancers of 250m, PostgreSQL's 250m, Redis's 100m.
        self.assertEqual(used["requests.cpu"], "2350m")

    def test_a_full_quota_holds_a_new_server_back_and_costs_none_that_runs(self):
        self.install()
        running = {pod["metadata"]["name"] for pod in self.ready()}
        self.limit(pods=str(len(self.cluster.list("pod", NAMESPACE))))
        self.cluster.kubectl("rollout", "restart", "deployment/geo-climate-api", "--namespace", NAMESPACE)
        until(lambda: self.condition(self.cluster.get("deployment", "geo-climate-api", NAMESPACE),
                                     "ReplicaFailure") == "True", "the quota to refuse a pod")
        self.assertEqual({pod["metadata"]["name"] for pod in self.ready()}, running)


class PriorityTest(Installed):
    def test_a_server_that_has_no_room_takes_that_of_a_job(self):
        # Room for what is installed, and little more.
        nodes = provisions.add_nodes(self.cluster, 3, cpu="1500m")
        self.install("--set", "nginx.enabled=false", "--set", "redis.enabled=false", "--set", "cache.redis=false")
        self.cluster.apply(*(self.job(number) for number in range(3)))
        until(lambda: len(self.jobs()) == 3, "a job on each node")
        gone = servers(self.cluster)[0]
        self.cluster.kubectl("cordon", *(node for node in nodes if node != gone["spec"]["nodeName"]))
        # A fourth job's worth of CPU is missing for the server that takes the place of this one.
        self.cluster.apply(self.job(3, cpu="500m", name=gone["spec"]["nodeName"]))
        self.cluster.kubectl("delete", "pod", gone["metadata"]["name"], "--namespace", NAMESPACE, "--wait=false")
        until(lambda: len(self.ready()) == 3, "the server to be back")
        self.assertLess(len(self.jobs()), 4)

    def job(self, number, cpu="600m", name=None):
        """A pod that works for long, as a job of the chart does."""
        limits = {"cpu": cpu, "memory": "64Mi"}
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": f"batch-{number}", "namespace": NAMESPACE, "labels": {"app": "batch"}},
                "spec": {"priorityClassName": "geo-climate-batch", "automountServiceAccountToken": False,
                         **({"nodeSelector": {"kubernetes.io/hostname": name}} if name else {}),
                         "securityContext": {"runAsNonRoot": True, "runAsUser": 65532,
                                             "seccompProfile": {"type": "RuntimeDefault"}},
                         "containers": [{"name": "work", "image": "geo-climate",
                                         "resources": {"requests": limits, "limits": limits},
                                         "securityContext": {"allowPrivilegeEscalation": False,
                                                             "capabilities": {"drop": ["ALL"]}}}]}}

    def jobs(self):
        return [pod for pod in self.cluster.list("pod", NAMESPACE)
                if pod["metadata"]["labels"].get("app") == "batch" and pod["spec"].get("nodeName")]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
