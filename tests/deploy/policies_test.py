"""Linters: checkov over what each environment renders, yamllint over what people read.

Usage: policies_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

from rendering import CHART, GIVEN, SOURCE, text

FOLDER = SOURCE / "tests/deploy"
CHECKOV = SOURCE / "build/programs/checkov/bin/checkov"


def checkov(folder):
    result = subprocess.run([CHECKOV, "--config-file", FOLDER / "checkov.yaml", "--directory", folder, "--output", "json"],
                            capture_output=True, text=True, check=False, timeout=560)
    try:
        return json.loads(result.stdout)
    except json.JSONDecodeError:
        raise AssertionError(f"checkov: exit {result.returncode}\n{result.stdout}{result.stderr}") from None


class PoliciesTest(unittest.TestCase):
    def test_checkov_finds_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            for environment in GIVEN:
                (pathlib.Path(folder) / f"{environment}.yaml").write_text(text(environment))
            report = checkov(folder)
        failed = [f"{check['file_path']}: {check['resource']}: {check['check_id']} {check['check_name']}"
                  for check in report["results"]["failed_checks"]]
        self.assertFalse(failed, "\n".join(failed))
        self.assertGreater(report["summary"]["passed"], 1000)
        for check in report["results"]["skipped_checks"]:
            self.assertGreater(len(check["check_result"]["suppress_comment"]), 20, check["check_id"])

    def test_checkov_sees_a_pod_that_may_too_much(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "pod.yaml").write_text(yaml.safe_dump(
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad", "namespace": "bad"},
                 "spec": {"containers": [{"name": "bad", "image": "bad:1", "securityContext": {"privileged": True}}]}}))
            found = {check["check_id"] for check in checkov(folder)["results"]["failed_checks"]}
        self.assertIn("CKV_K8S_16", found)

    def test_yamllint_finds_nothing(self):
        read = [*CHART.glob("*.yaml"), SOURCE / "k8s", *FOLDER.glob("*.yaml")]
        result = subprocess.run([sys.executable, "-m", "yamllint", "--strict", "--config-file", FOLDER / "yamllint.yaml",
                                 *read], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
