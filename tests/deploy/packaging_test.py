"""What goes into packages and images, as the tools judge it that read it there.

Usage: packaging_test.py PROGRAM SOURCE_DIR
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
UNIT = SOURCE / "packaging/geo-climate.service"


def run(*command, **more):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, **more)


class UnitTest(unittest.TestCase):
    def test_systemd_understands_every_line(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "geo-climate.service"
            unit.write_text(UNIT.read_text().replace("/usr/bin/geoclimate", str(PROGRAM)))
            result = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit)
        said = [line for line in result.stderr.splitlines() if "geo-climate.service" in line]
        self.assertEqual(said, [])

    def test_systemd_finds_it_well_confined(self):
        # 0 is nothing, 10 everything; what is left is that a server uses the network.
        result = run("systemd-analyze", "security", "--offline=true", "--threshold=15", UNIT)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_its_commands_are_the_programs(self):
        settings = SOURCE / "config/performance.yaml"
        for line in re.findall(r"^ExecStart(?:Pre)?=/usr/bin/geoclimate (.*)$", UNIT.read_text(), flags=re.MULTILINE):
            words = [str(settings) if word == "/etc/geo-climate/performance.yaml" else word for word in line.split()]
            if words[-1] == "serve":
                words.append("--help")
            self.assertEqual(run(PROGRAM, *words).returncode, 0, line)

    def test_it_is_given_longer_to_end_than_a_drain_takes(self):
        drain = re.search(r"drain_seconds: (\d+)", (SOURCE / "config/performance.yaml").read_text()).group(1)
        stop = re.search(r"TimeoutStopSec=(\d+)", UNIT.read_text()).group(1)
        self.assertGreater(int(stop), int(drain) + 10)


class FilesTest(unittest.TestCase):
    def test_hadolint_finds_nothing(self):
        result = run(pathlib.Path(sys.executable).parent / "hadolint", SOURCE / "docker/Dockerfile")
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_the_maintainer_scripts_are_right_for_the_shell_of_debian(self):
        scripts = [*(SOURCE / "packaging/debian").glob("p[or]*"), SOURCE / "docker/install_runtime.sh"]
        self.assertEqual(len(scripts), 4)
        for script in scripts:
            self.assertEqual(run("dash", "-n", script).stderr, "", script)

    def test_what_people_change_is_kept_by_an_upgrade(self):
        self.assertEqual((SOURCE / "packaging/debian/conffiles").read_text().split(),
                         ["/etc/default/geo-climate", "/etc/geo-climate/performance.yaml"])

    def test_pods_and_image_agree_about_the_user(self):
        pods = re.search(r"runAsUser: (\d+)", (SOURCE / "helm/geo-climate/templates/_pods.tpl").read_text()).group(1)
        self.assertIn(f"USER {pods}:{pods}\n", (SOURCE / "docker/Dockerfile").read_text())
        self.assertIn(f"useradd --uid {pods} --gid {pods} ", (SOURCE / "docker/install_runtime.sh").read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
