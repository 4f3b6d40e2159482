"""performance.yaml in the ConfigMap, judged by the program that reads it.

Usage: settings_test.py PROGRAM SOURCE_DIR
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

from rendering import GIVEN, PROGRAM, objects, pod_specs, settings, the


class SettingsTest(unittest.TestCase):
    def check(self, document):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "performance.yaml"
            file.write_text(yaml.safe_dump(document))
            return subprocess.run([PROGRAM, "config", "check", file], capture_output=True, text=True, check=False)

    def test_the_program_accepts_what_each_environment_renders(self):
        for environment in GIVEN:
            with self.subTest(environment):
                document = yaml.safe_load(settings(environment))
                result = self.check(document)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_setting_of_the_operator_reaches_the_file_and_a_wrong_one_is_named(self):
        arguments = ("--set", "settings.serving.batch.max_size=77", "--set", "settings.api.workers=3")
        document = yaml.safe_load(settings("default", *arguments))
        self.assertEqual(document["serving"]["batch"]["max_size"], 77)
        self.assertEqual(document["api"]["workers"], 3)
        self.assertEqual(document["api"]["port"], 8000)
        wrong = yaml.safe_load(settings("default", "--set", "settings.serving.batch.max_sise=77"))
        self.assertIn("serving.batch.max_sise", self.check(wrong).stderr)

    def test_no_credential_stands_in_the_settings(self):
        for environment in GIVEN:
            text = settings(environment)
            self.assertNotRegex(text, r"(?i)password|token|secret_key|://[^/\s]*:[^/\s]*@")
            for path in re.findall(r"(?:url_file|key_file|credentials_file): (\S+)", text):
                self.assertTrue(path.startswith("/etc/geo-climate/secrets/"), path)

    def test_every_pod_of_the_program_reads_this_file_and_starts_anew_when_it_changes(self):
        for environment in GIVEN:
            for item, spec in pod_specs(objects(environment)):
                container = spec["containers"][0]
                if not container["image"].startswith("geo-climate:"):
                    continue
                mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
                self.assertEqual(mounts["settings"], "/etc/geo-climate/performance.yaml")
                self.assertIn("/var/lib/geo-climate", mounts.values())
        before, after = (
            the("default", "Deployment", "geo-climate-api", *more)["spec"]["template"]["metadata"]["annotations"]
            for more in ((), ("--set", "settings.serving.instances=2")))
        self.assertNotEqual(before["checksum/settings"], after["checksum/settings"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
