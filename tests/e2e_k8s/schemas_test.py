"""k8s/base and the chart for each environment by kubeconform, with the kinds of operators too.

Usage: schemas_test.py PROGRAM SOURCE_DIR
"""

import importlib.resources
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

from cluster import TOOLS
from installing import BASE, CHART, GIVEN, NAMESPACE, options
from processes import DEPENDENCIES
from provisions import DEFINITIONS

KUBECONFORM = DEPENDENCIES / "kubeconform/kubeconform"
# The oldest that the chart's kubeVersion lets in, the one that these tests run, the newest.
VERSIONS = ("1.30", "1.34", "1.37")


def write_schemas(folder):
    """Those of kubernetes-validate and of the operators' definitions, as kubeconform looks for them."""
    for version in VERSIONS:
        source = importlib.resources.files("kubernetes_validate") / f"kubernetes-json-schema/v{version}.0-local-strict"
        target = folder / version
        target.mkdir()
        for file in source.iterdir():
            text = file.read_text().replace("/api/_definitions.json", "_definitions.json")
            schema = json.loads(text)
            # It would make what is referred to an address of the network.
            schema.pop("$id", None)
            (target / file.name).write_text(json.dumps(schema))
    operators = folder / "operators"
    operators.mkdir()
    for file in DEFINITIONS.glob("*.yaml"):
        definition = yaml.safe_load(file.read_text())
        for version in definition["spec"]["versions"]:
            name = f"{definition['spec']['names']['kind'].lower()}_{version['name']}.json"
            (operators / name).write_text(json.dumps(strict(version["schema"]["openAPIV3Schema"])))


def strict(schema):
    """With no field beside those that it names."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: strict(value) for name, value in schema.items()}
    if isinstance(copy.get("properties"), dict) and "additionalProperties" not in copy \
            and not copy.get("x-kubernetes-preserve-unknown-fields"):
        copy["additionalProperties"] = False
    return copy


class SchemasTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="geoclimate-schemas-")))
        write_schemas(cls.folder)

    def conform(self, text, version):
        return subprocess.run(
            [KUBECONFORM, "-strict", "-summary", "-output", "json", "-schema-location",
             f"{self.folder}/{version}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", "-schema-location",
             f"{self.folder}/operators/{{{{ .ResourceKind }}}}_{{{{ .ResourceAPIVersion }}}}.json"],
            input=text, capture_output=True, text=True, check=False)

    @staticmethod
    def texts():
        yield "base", subprocess.run([TOOLS / "kubectl", "kustomize", BASE], check=True, capture_output=True,
                                     text=True).stdout
        for environment in GIVEN:
            yield environment, subprocess.run(
                [TOOLS / "helm", "template", "geo-climate", CHART, "--namespace", NAMESPACE, *options(environment)],
                check=True, capture_output=True, text=True).stdout

    def test_every_object_is_right_in_each_version(self):
        for name, text in self.texts():
            kinds = [item["kind"] for item in yaml.safe_load_all(text) if item]
            for version in VERSIONS:
                with self.subTest(name, version=version):
                    result = self.conform(text, version)
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                    summary = json.loads(result.stdout)["summary"]
                    self.assertEqual(summary, {"valid": len(kinds), "invalid": 0, "errors": 0, "skipped": 0})

    def test_a_field_that_does_not_exist_is_found_in_an_operators_kind_too(self):
        text = dict(self.texts())["default"]
        for right, wrong in (("minReadySeconds", "minimumReadySeconds"), ("scrapeTimeout", "scrapeTimeOut")):
            self.assertIn(right, text)
            result = self.conform(text.replace(right, wrong), "1.34")
            self.assertEqual(json.loads(result.stdout)["summary"]["invalid"], 1, result.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
