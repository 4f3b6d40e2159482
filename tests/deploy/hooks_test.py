"""The commands of `helm test`, run as they are, against real servers that go by the names of the chart's Services.

A network namespace of its own holds them, with /etc/hosts in place of the cluster's DNS. Usage: hooks_test.py PROGRAM SOURCE_DIR
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from rendering import PROGRAM, SOURCE, objects

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"
PATIENCE = 120
NAMES = ("geo-climate-api", "geo-climate-api-headless", "postgres")


def hook(name):
    """(command with its arguments, of the one container)."""
    pod, = (item for item in objects("default") if item["kind"] == "Pod" and item["metadata"]["name"] == name)
    container, = pod["spec"]["containers"]
    return [*container["command"], *container.get("args", [])]


class HooksTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="geoclimate-hooks-")))
        self.folder.chmod(0o755)
        (self.folder / "hosts").write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", *NAMES)))
        script = f'ip link set lo up && mount --bind "{self.folder}/hosts" /etc/hosts && echo there && exec sleep infinity'
        rights = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
        self.namespace = subprocess.Popen(["unshare", *rights, "--net", "--mount", "sh", "-c", script],
                                          stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, self.namespace)
        self.assertEqual(self.namespace.stdout.readline(), "there\n")

    @staticmethod
    def end(process):
        process.terminate()
        process.wait(timeout=PATIENCE)
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()

    def within(self, *command):
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", f"--target={self.namespace.pid}", *user, "--net", "--mount", *map(str, command)]

    def run_hook(self, name):
        return subprocess.run(self.within(*hook(name)), capture_output=True, text=True, check=False, timeout=PATIENCE)

    def serve(self, port, **settings):
        environment = {f"GEOCLIMATE_{name.upper()}": value for name, value in settings.items()}
        process = subprocess.Popen(
            self.within(PROGRAM.resolve(), "--data-dir", self.folder / f"data-{port}", "serve", "--model", MODEL, "--port", port,
                        "--management-port", "0", "--metrics-port", "0", "--grpc-port", "0"),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "GEOCLIMATE_API__DRAIN_SECONDS": "1", **environment})
        self.addCleanup(self.end, process)
        for line in process.stdout:
            if line.endswith("/metrics\n"):
                return process
        raise AssertionError("serve ended")

    def test_servers_that_want_keys_pass(self):
        for port in (80, 8000):
            subprocess.run([PROGRAM, "--data-dir", self.folder / f"data-{port}", "keys", "create", "--name", "first",
                            "--scopes", "read"], check=True, capture_output=True)
            self.serve(port, auth__required="true", api__host="0.0.0.0")
        result = self.run_hook("geo-climate-test-api")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual([line.rpartition(" ")[2] for line in result.stdout.splitlines()], ["200", "401", "200"])

    def test_servers_that_let_everybody_in_fail(self):
        self.serve(80, api__allowed_hosts="[geo-climate-api]")
        result = self.run_hook("geo-climate-test-api")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("/models: 200 instead of 401", result.stdout)

    def test_a_database_passes_once_it_takes_connections(self):
        name = "geo-climate-test-database"
        self.assertNotEqual(self.run_hook(name).returncode, 0)
        owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        data = self.folder / "postgres"
        data.mkdir()
        if owner:
            shutil.chown(data, "postgres", "postgres")
        subprocess.run([POSTGRES / "initdb", "--pgdata", data / "data", "--auth=trust", "--no-sync"], check=True,
                       capture_output=True, cwd="/", **owner)
        as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if owner else []
        database = subprocess.Popen(self.within(*as_owner, POSTGRES / "postgres", "-D", data / "data", "-k", data),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, database)
        # The hook is tried again until then: it knows no patience of its own.
        end = time.monotonic() + PATIENCE
        while (result := self.run_hook(name)).returncode != 0 and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
