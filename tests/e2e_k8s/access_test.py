"""What the pods may ask of the API server, as it answers them itself.

Usage: access_test.py PROGRAM SOURCE_DIR
"""

import itertools
import sys
import unittest

import provisions
from cluster import Cluster
from installing import BASE, NAMESPACE, until_available

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:geo-climate-sa"
# What somebody who took a pod over would look for.
VERBS = ("get", "list", "create", "update", "patch", "delete")
RESOURCES = ("secrets", "configmaps", "pods", "pods/exec", "pods/log", "pods/ephemeralcontainers",
             "serviceaccounts/token", "deployments.apps", "deployments.apps/scale", "jobs.batch", "cronjobs.batch",
             "persistentvolumeclaims", "services", "endpointslices.discovery.k8s.io",
             "networkpolicies.networking.k8s.io", "rolebindings.rbac.authorization.k8s.io",
             "poddisruptionbudgets.policy", "horizontalpodautoscalers.autoscaling")
OF_CLUSTER = ("nodes", "namespaces", "persistentvolumes", "clusterrolebindings.rbac.authorization.k8s.io",
              "priorityclasses.scheduling.k8s.io", "customresourcedefinitions.apiextensions.k8s.io")


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        provisions.add_definitions(cls.cluster)
        provisions.add_nodes(cls.cluster, 4)
        provisions.add_volumes(cls.cluster, "base")
        cls.cluster.kubectl("apply", "-k", BASE)
        provisions.add_secrets(cls.cluster, NAMESPACE)
        until_available(cls.cluster)

    def can(self, verb, resource, *more, user=ACCOUNT):
        answer = self.cluster.kubectl("auth", "can-i", verb, resource, "--as", user, *more, check=False)
        said = answer.stdout.strip()
        self.assertIn(said, ("yes", "no"), answer.stderr)
        return said == "yes"

    def may(self, resources, *more):
        return [f"{verb} {resource}" for verb, resource in itertools.product(VERBS, resources)
                if self.can(verb, resource, *more)]

    def test_the_pods_account_may_do_nothing_in_its_namespace(self):
        self.assertEqual(self.may(RESOURCES, "--namespace", NAMESPACE), [])

    def test_the_pods_account_may_do_nothing_elsewhere_or_with_what_has_no_namespace(self):
        self.assertEqual(self.may(("secrets", "pods", "configmaps"), "--all-namespaces"), [])
        self.assertEqual(self.may(OF_CLUSTER), [])

    def test_the_pods_account_may_not_become_another(self):
        self.assertFalse(self.can("impersonate", "users"))
        self.assertFalse(self.can("escalate", "clusterroles"))
        self.assertFalse(self.can("bind", "clusterroles"))

    # What anybody may who has authenticated: without it the answers above could come of a server that refuses all.
    def test_what_every_account_may_is_what_is_left_to_it(self):
        for verb, resource in (("create", "selfsubjectaccessreviews.authorization.k8s.io"), ("get", "/healthz"),
                               ("get", "/version")):
            self.assertTrue(self.can(verb, resource), resource)
        self.assertTrue(self.can("list", "secrets", "--namespace", NAMESPACE,
                                 user="system:serviceaccount:kube-system:generic-garbage-collector"))

    def test_no_pod_carries_a_token(self):
        pods = self.cluster.list("pod", NAMESPACE)
        self.assertGreaterEqual(len(pods), 7)
        for pod in pods:
            with self.subTest(pod["metadata"]["name"]):
                self.assertEqual(pod["spec"]["serviceAccountName"], "geo-climate-sa")
                projected = [source for volume in pod["spec"]["volumes"]
                             for source in volume.get("projected", {}).get("sources", [])]
                self.assertFalse([source for source in projected if "serviceAccountToken" in source])

    def test_the_admission_of_the_cluster_would_have_given_one(self):
        self.cluster.apply({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain", "namespace": "default"},
            "spec": {"containers": [{"name": "plain", "image": "plain"}]}})
        volumes = self.cluster.get("pod", "plain", "default")["spec"]["volumes"]
        self.assertTrue(any("serviceAccountToken" in source for volume in volumes
                            for source in volume["projected"]["sources"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
