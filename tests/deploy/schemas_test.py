"""Each object against the schemas of three versions of Kubernetes, without tolerance for unknown fields.

Usage: schemas_test.py PROGRAM SOURCE_DIR
"""

import functools
import json
import sys
import unittest

import kubernetes_validate
from kubernetes_validate import utils

from rendering import GIVEN, objects

# The oldest that the chart's kubeVersion lets in, one in the middle, the newest.
VERSIONS = ("1.30", "1.34", "1.37")
# Kinds of others: their schemas come with their operators, and tests/e2e_k8s has an API server that knows them.
OTHERS = {"ServiceMonitor", "PrometheusRule", "ExternalSecret"}
# It reads the same megabytes for each object.
utils.schema_contents = functools.cache(utils.schema_contents)


class SchemasTest(unittest.TestCase):
    def test_every_object_is_right_in_each_version(self):
        different = {json.dumps(item, sort_keys=True) for environment in GIVEN for item in objects(environment)}
        checked = set()
        for item in map(json.loads, sorted(different)):
            if item["kind"] in OTHERS:
                continue
            for version in VERSIONS:
                with self.subTest(kind=item["kind"], name=item["metadata"]["name"], version=version):
                    self.assertEqual(kubernetes_validate.validate(item, version, strict=True), version)
                    checked.add(item["kind"])
        self.assertLessEqual({"Deployment", "StatefulSet", "CronJob", "HorizontalPodAutoscaler", "NetworkPolicy",
                              "PodDisruptionBudget", "Ingress", "PersistentVolumeClaim", "PriorityClass"}, checked)

    def test_a_field_that_does_not_exist_is_found(self):
        item = json.loads(json.dumps(next(item for item in objects("default") if item["kind"] == "Deployment")))
        item["spec"]["template"]["spec"]["containers"][0]["readinessprobe"] = {}
        for version in VERSIONS:
            with self.assertRaises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(item, version, strict=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
