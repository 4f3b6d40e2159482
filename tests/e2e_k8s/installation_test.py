"""k8s/base and the chart for each environment, taken by a real API server and brought to what they promise.

Usage: installation_test.py PROGRAM SOURCE_DIR
"""

import sys
import unittest

import yaml

import provisions
from cluster import Cluster
from installing import (BASE, GIVEN, NAMESPACE, helm, pod_specs, servers, until_available, warnings, workloads)
from waiting import until

FORBIDDEN = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "forbidden", "namespace": NAMESPACE},
             "spec": {"containers": [{"name": "shell", "image": "shell"}]}}


class InstallationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        provisions.add_definitions(cls.cluster)
        # The default, staging and production each spread three servers and a surge.
        provisions.add_nodes(cls.cluster, 6)
        cls.namespaces = {}
        cls._apply_base()
        for environment in GIVEN:
            cls._install(environment)

    @classmethod
    def _apply_base(cls):
        provisions.add_volumes(cls.cluster, "base")
        result = cls.cluster.kubectl("apply", "-k", BASE, check=False)
        # The Secrets come when the namespace is there.
        provisions.add_secrets(cls.cluster, NAMESPACE)
        cls.namespaces["base"] = (NAMESPACE, result)

    @classmethod
    def _install(cls, environment):
        namespace = f"of-{environment}"
        provisions.add_volumes(cls.cluster, environment)
        provisions.add_namespace(cls.cluster, namespace)
        # The base has made the priority classes.
        result = helm(cls.cluster, "install", environment, "--set", "priorityClasses.create=false", namespace=namespace,
                      check=False)
        cls.namespaces[environment] = (namespace, result)

    def each(self):
        for environment, (namespace, _) in self.namespaces.items():
            with self.subTest(environment):
                yield environment, namespace

    def test_the_api_server_takes_all_of_it_without_a_warning(self):
        for environment, (_, result) in self.namespaces.items():
            with self.subTest(environment):
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(warnings(result), [])

    def test_every_deployment_and_stateful_set_becomes_available(self):
        for environment, namespace in self.each():
            found = until_available(self.cluster, namespace)
            self.assertLessEqual({"geo-climate-api", "nginx-lb"}, set(found))
            inside = {"postgres", "redis"} & set(found)
            self.assertEqual(inside, set() if environment == "production" else {"postgres", "redis"})

    def test_the_api_has_the_servers_of_its_environment_each_on_a_node_of_its_own(self):
        for environment, namespace in self.each():
            wanted = 1 if environment == "dev" else 3
            found = until(lambda: (pods := servers(self.cluster, namespace)) and len(pods) == wanted and pods,
                          f"{wanted} servers of {environment}")
            nodes = {pod["spec"].get("nodeName") for pod in found}
            self.assertEqual(len(nodes), wanted)
            if wanted == 3:
                zones = {self.cluster.get("node", node)["metadata"]["labels"]["topology.kubernetes.io/zone"]
                         for node in nodes}
                self.assertEqual(zones, set(provisions.ZONES))

    def test_pod_security_is_enforced_and_would_refuse_more(self):
        enforced = self.cluster.get("namespace", NAMESPACE)["metadata"]["labels"]
        self.assertEqual(enforced["pod-security.kubernetes.io/enforce"], "restricted")
        refused = self.cluster.apply(FORBIDDEN, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('violates PodSecurity "restricted', refused.stderr)

    def test_every_claim_is_bound(self):
        for _, namespace in self.each():
            until_available(self.cluster, namespace)
            phases = {claim["metadata"]["name"]: claim["status"]["phase"]
                      for claim in self.cluster.list("persistentvolumeclaim", namespace)}
            self.assertEqual(set(phases.values()), {"Bound"}, phases)
            self.assertLessEqual({"geo-climate-models-pvc", "geo-climate-data-pvc"}, set(phases))

    # No kubelet is there that would wait for them in vain.
    def test_what_pods_mount_is_there(self):
        for environment, namespace in self.each():
            items = workloads(self.cluster, namespace) + self.cluster.list("cronjob", namespace)
            there = {kind: {item["metadata"]["name"]: set(item.get("data", {})) for item in
                            self.cluster.list(kind, namespace)} for kind in ("configmap", "secret")}
            claims = {claim["metadata"]["name"] for claim in self.cluster.list("persistentvolumeclaim", namespace)}
            for item, spec in pod_specs(items):
                for kind, name, keys in self._mounted(spec["volumes"]):
                    with self.subTest(object=item["metadata"]["name"], mounted=name):
                        if kind == "claim":
                            self.assertIn(name, claims)
                        else:
                            self.assertLessEqual(keys, there[kind][name])

    @staticmethod
    def _mounted(volumes):
        sources = [*volumes, *(source for volume in volumes for source in volume.get("projected", {}).get("sources", []))]
        for source in sources:
            keys = {item["key"] for kind in ("configMap", "secret") for item in source.get(kind, {}).get("items", [])}
            if "configMap" in source:
                yield "configmap", source["configMap"]["name"], keys
            if "secret" in source:
                yield "secret", source["secret"].get("secretName") or source["secret"]["name"], keys
            if "persistentVolumeClaim" in source:
                yield "claim", source["persistentVolumeClaim"]["claimName"], set()

    def test_services_select_the_pods_that_have_their_ports(self):
        for _, namespace in self.each():
            until_available(self.cluster, namespace)
            for service in self.cluster.list("service", namespace):
                name = service["metadata"]["name"]
                with self.subTest(name):
                    slices = [item for item in self.cluster.list("endpointslice", namespace)
                              if item["metadata"]["labels"]["kubernetes.io/service-name"] == name]
                    ready = [endpoint for item in slices for endpoint in item.get("endpoints") or []]
                    self.assertGreater(len(ready), 0)
                    self.assertEqual({port["name"] for item in slices for port in item["ports"]},
                                     {port["name"] for port in service["spec"]["ports"]})

    def test_priorities_come_from_their_classes(self):
        for _, namespace in self.each():
            for pod in servers(self.cluster, namespace):
                self.assertEqual(pod["spec"]["priority"], 100000)
                self.assertEqual(pod["spec"]["preemptionPolicy"], "PreemptLowerPriority")

    def test_each_cron_job_makes_jobs_that_are_admitted_and_end(self):
        for environment, namespace in self.each():
            crons = {cron["metadata"]["name"] for cron in self.cluster.list("cronjob", namespace)}
            self.assertLessEqual({"geo-climate-issue", "geo-climate-train"}, crons)
            for cron in crons:
                with self.subTest(cron):
                    made = self.cluster.kubectl("create", "job", f"{cron}-now", f"--from=cronjob/{cron}", "--namespace",
                                                namespace)
                    self.assertEqual(warnings(made), [])
                    self.cluster.kubectl("wait", "--for=condition=Complete", f"job/{cron}-now", "--namespace", namespace,
                                         "--timeout=300s")
                    pods = [pod for pod in self.cluster.list("pod", namespace)
                            if pod["metadata"]["labels"].get("job-name") == f"{cron}-now"]
                    self.assertEqual([pod["spec"]["priority"] for pod in pods], [-100])

    # What applying the same again changed, it would take from the controllers.
    def test_the_base_applied_again_changes_nothing(self):
        until_available(self.cluster, NAMESPACE)
        different = self.cluster.kubectl("diff", "-k", BASE, check=False)
        self.assertEqual((different.returncode, different.stdout), (0, ""), different.stderr)

        def generations():
            return {item["metadata"]["name"]: item["metadata"]["generation"]
                    for item in workloads(self.cluster, NAMESPACE)}

        before = generations()
        self.cluster.kubectl("apply", "-k", BASE)
        self.assertEqual(generations(), before)

    def test_the_kinds_of_operators_are_taken_with_their_own_schemas(self):
        monitor = self.cluster.get("servicemonitor", "geo-climate-api", NAMESPACE)
        wrong = yaml.safe_load(yaml.safe_dump(monitor).replace("interval: 15s", "interval: fifteen"))
        wrong["metadata"] = {"name": "wrong", "namespace": NAMESPACE}
        refused = self.cluster.apply(wrong, check=False)
        self.assertIn("spec.endpoints[0].interval", refused.stderr)
        rules = self.cluster.get("prometheusrule", "geo-climate", NAMESPACE)
        self.assertGreater(len(rules["spec"]["groups"]), 1)
        self.assertTrue(self.cluster.get("externalsecret", "geo-climate-secrets", self.namespaces["production"][0]))



if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
