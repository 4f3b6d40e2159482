"""docker/Dockerfile from its first stage to its last, by buildah: no engine has to run.

Takes a while: it installs compilers and builds the program. Needs root. Usage: dockerfile_test.py PROGRAM SOURCE_DIR
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import bare_root

SOURCE = pathlib.Path(sys.argv[2]).resolve()
LIMIT = 250_000_000
HOURS = 3600
MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


class Buildah:
    """With images and containers in a folder of its own."""

    def __init__(self, folder):
        self.options = ["--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "vfs"]

    def __call__(self, verb, *arguments):
        result = subprocess.run(["buildah", *map(str, self.options), verb, *map(str, arguments)], capture_output=True,
                                text=True, check=False, timeout=3 * HOURS)
        if result.returncode != 0:
            raise AssertionError(f"buildah {verb}: {result.stdout[-4000:]}{result.stderr[-4000:]}")
        return result.stdout.strip()


class DockerfileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="geoclimate-dockerfile-")))
        cls.folder.chmod(0o755)
        cls.buildah = Buildah(cls.folder)
        cls._make_base()
        cls.buildah("build", "--isolation", "chroot", "--format", "docker", "--pull-never", *cls._registries(), "--file",
                    SOURCE / "docker/Dockerfile", "--ignorefile", SOURCE / "docker/Dockerfile.dockerignore", "--tag",
                    "geo-climate:test", SOURCE)
        cls.image = json.loads(cls.buildah("inspect", "--type", "image", "geo-climate:test"))["Docker"]
        container = cls.buildah("from", "--pull-never", "geo-climate:test")
        cls.root = pathlib.Path(cls.buildah("mount", container))
        cls.addClassCleanup(cls.buildah, "umount", container)

    @classmethod
    def _make_base(cls):
        """What the Dockerfile takes from a registry, made of Debian's packages."""
        root = cls.folder / "base"
        bare_root.make(root)
        container = cls.buildah("from", "scratch")
        cls.buildah("copy", container, root, "/")
        cls.buildah("commit", "--rm", container, "docker.io/library/debian:12-slim")
        shutil.rmtree(root)

    @classmethod
    def _registries(cls):
        """pip goes the way that it goes on this machine."""
        settings = subprocess.run(["/usr/bin/python3", "-m", "pip", "config", "list"], capture_output=True, text=True,
                                  check=True).stdout
        chosen = dict(line.replace(":env:.", "global.").split("=", 1) for line in settings.splitlines())
        lines, volumes = ["[global]"], []
        for name in ("global.index-url", "global.extra-index-url", "global.trusted-host"):
            if name in chosen:
                lines.append(f"{name.removeprefix('global.')} = {chosen[name].strip(chr(39))}")
        if "global.cert" in chosen:
            shutil.copy(chosen["global.cert"].strip("'"), cls.folder / "authorities.crt")
            lines.append("cert = /run/authorities.crt")
            volumes = ["--volume", f"{cls.folder}/authorities.crt:/run/authorities.crt:ro"]
        (cls.folder / "pip.conf").write_text("\n".join(lines) + "\n")
        return [*volumes, "--volume", f"{cls.folder}/pip.conf:/etc/pip.conf:ro"]

    def test_the_image_says_who_it_is_and_is_nobody(self):
        config = self.image["config"]
        self.assertEqual(config["User"], f"{bare_root.USER}:{bare_root.USER}")
        self.assertEqual(config["Entrypoint"][0], "/usr/bin/geoclimate")
        self.assertEqual(set(config["ExposedPorts"]), {"8000/tcp", "8001/tcp", "9090/tcp"})
        self.assertIn("/health/live", config["Healthcheck"]["Test"][-1])

    def test_it_holds_what_runs_and_nothing_that_builds(self):
        held = sum(path.lstat().st_size for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        print(f"the image: {held / 1e6:.0f} MB", file=sys.stderr)
        self.assertLess(held, LIMIT)
        for name in ("usr/bin/g++", "usr/bin/cmake", "usr/bin/python3", "src"):
            self.assertFalse((self.root / name).exists(), name)

    def test_its_list_of_parts_is_what_is_installed(self):
        parts = json.loads((self.root / "usr/share/geo-climate/image.spdx.json").read_text())
        listed = {part["name"] for part in parts["packages"] if part["SPDXID"].startswith("SPDXRef-deb-")}
        installed = subprocess.run(
            ["dpkg-query", "--admindir", self.root / "var/lib/dpkg", "--show", "--showformat", "${Package}\n"],
            capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(listed, set(installed) - {"geo-climate"})

    def test_its_command_serves_with_nothing_writable_and_no_rights(self):
        models = self.folder / "models"
        models.mkdir()
        shutil.copy(MODEL, models)
        os.chmod(models / MODEL.name, 0o644)
        with bare_root.Server(self.root, models, *self.image["config"]["Entrypoint"], "serve", "--model",
                              f"/models/{MODEL.name}") as server:
            self.assertEqual(server.ask("GET", "/health/ready")[0], 200)
            self.assertEqual(set(server.status()["Uid"].split()), {str(bare_root.USER)})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
