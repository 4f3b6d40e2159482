"""The packages on a bare Debian 12: the tarball first, then the .deb as docker/Dockerfile installs it.

Builds build/package and a root file system (minutes). Usage: image_test.py PROGRAM SOURCE_DIR
"""

import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import bare_root

SOURCE = pathlib.Path(sys.argv[2]).resolve()
PACKAGES = SOURCE / "build/package"
LIMIT = 250_000_000
# One for the trees, one for ONNX Runtime, which is opened by its name at the first such model.
MODELS = [SOURCE / "tests/golden/models/xgb_squarederror.json", SOURCE / "tests/golden/models/onnx/mlp.onnx"]


def size(root):
    """What an image's layers hold."""
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([SOURCE / "tools/package.sh"], check=True, capture_output=True, timeout=1800)
        cls.folder = tempfile.TemporaryDirectory(prefix="geoclimate-image-")
        cls.root = pathlib.Path(cls.folder.name) / "root"
        bare_root.make(cls.root)
        cls.models = pathlib.Path(cls.folder.name) / "models"
        cls.models.mkdir()
        for model in MODELS:
            shutil.copy(model, cls.models)
            (cls.models / model.name).chmod(0o644)
        os.chmod(cls.folder.name, 0o755)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def serves(self, *program):
        """Trees and ONNX Runtime both answer, from a process that may do nothing else."""
        arguments = [part for model in MODELS for part in ("--model", f"/models/{model.name}")]
        with bare_root.Server(self.root, self.models, *program, "serve", *arguments) as server:
            self.assertEqual(server.ask("GET", "/health/ready")[0], 200)
            status, listed = server.ask("GET", "/models")
            self.assertEqual(status, 200, listed)
            for model in MODELS:
                status, metadata = server.ask("GET", f"/v2/models/{model.stem}")
                self.assertEqual(status, 200, metadata)
                inputs = [{"name": tensor["name"], "datatype": tensor["datatype"],
                           "shape": [abs(extent) for extent in tensor["shape"]],
                           "data": [0.5] * abs(math.prod(tensor["shape"]))} for tensor in metadata["inputs"]]
                status, answer = server.ask("POST", f"/v2/models/{model.stem}/infer", {"inputs": inputs})
                self.assertEqual(status, 200, answer)
                self.assertTrue(answer["outputs"][0]["data"])
            process = server.status()
        self.assertEqual(set(process["Uid"].split()), {str(bare_root.USER)})
        self.assertEqual({int(process[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")}, {0})
        self.assertEqual(process["NoNewPrivs"], "1")

    def test_1_the_tarball_runs_where_nothing_was_installed(self):
        self.assertFalse(list(self.root.glob("usr/lib/x86_64-linux-gnu/libgrpc*")))
        tarball, = PACKAGES.glob("*.tar.gz")
        subprocess.run(["tar", "-xzf", tarball, "-C", self.root / "opt"], check=True)
        folder, = (self.root / "opt").iterdir()
        self.serves(f"/opt/{folder.name}/bin/geoclimate")
        shutil.rmtree(folder)

    def test_2_the_deb_runs_as_the_image_has_it(self):
        (self.root / "tmp/package").mkdir()
        for file in [*PACKAGES.glob("*.deb"), SOURCE / "docker/install_runtime.sh"]:
            shutil.copy(file, self.root / "tmp/package")
        bare_root.inside(self.root, "/tmp/package/install_runtime.sh", "/tmp/package")
        shutil.rmtree(self.root / "tmp/package")
        self.assertLess(size(self.root), LIMIT)
        print(f"the image's files: {size(self.root) / 1e6:.0f} MB", file=sys.stderr)
        text = (SOURCE / "docker/Dockerfile").read_text()
        entry = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", text, flags=re.MULTILINE).group(1))
        self.serves(*entry)

    def test_3_the_image_has_no_way_to_more_rights_and_nothing_is_writable(self):
        self.assertFalse([path for path in self.root.rglob("*")
                          if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o6000])
        tried = subprocess.run(**bare_root.confined(self.root, self.models, "touch", "/var/tmp/mine"),
                               capture_output=True, text=True, check=False)
        self.assertIn("Read-only file system", tried.stderr)

    def test_4_the_health_check_of_the_image_tells_a_server_from_none(self):
        text = (SOURCE / "docker/Dockerfile").read_text()
        command = json.loads(re.search(r"HEALTHCHECK [^[]*CMD (\[.*\])", text).group(1))
        none = subprocess.run(**bare_root.confined(self.root, self.models, *command[:-1],
                                                   command[-1].replace("/8000", "/1")), capture_output=True, check=False)
        self.assertNotEqual(none.returncode, 0)
        with bare_root.Server(self.root, self.models, "geoclimate", "serve", "--model",
                              f"/models/{MODELS[0].name}") as server:
            alive = subprocess.run(**bare_root.confined(self.root, self.models, *command[:-1],
                                                        command[-1].replace("/8000", f"/{server.port}")),
                                   capture_output=True, text=True, check=False)
        self.assertEqual(alive.returncode, 0, alive.stderr)

    def test_5_the_list_of_parts_names_what_is_there(self):
        kept = json.loads((self.root / "usr/share/geo-climate/sbom.spdx.json").read_text())
        judged = subprocess.run([SOURCE / "build/programs/spdx-tools/bin/pyspdxtools", "--infile",
                                 self.root / "usr/share/geo-climate/sbom.spdx.json"], capture_output=True, text=True,
                                check=False)
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)
        names = {part["name"] for part in kept["packages"]}
        self.assertLessEqual({"geo-climate", "onnxruntime", "xgboost-cpu", "libgrpc++1.51", "libssl3"}, names)
        self.assertEqual(len(kept["relationships"]), len(kept["packages"]))
        image = json.loads(subprocess.run(
            [sys.executable, SOURCE / "tools/sbom.py", "--image", "0", self.root / "var/lib/dpkg/status"],
            input=json.dumps(kept), capture_output=True, text=True, check=True).stdout)
        installed = bare_root.inside(self.root, "dpkg-query", "--show", "--showformat", "${Package}\n").stdout.split()
        self.assertEqual({part["name"] for part in image["packages"] if part["SPDXID"].startswith("SPDXRef-deb-")},
                         set(installed) - {"geo-climate"})
        self.assertLessEqual({"onnxruntime", "xgboost-cpu"}, {part["name"] for part in image["packages"]})

    def test_6_settings_survive_and_a_purge_leaves_measurements(self):
        settings = self.root / "etc/geo-climate/performance.yaml"
        settings.write_text(settings.read_text() + "# of ours\n")
        (self.root / "var/lib/geo-climate/geoclimate.db").write_text("measurements")
        deb, = PACKAGES.glob("*.deb")
        shutil.copy(deb, self.root / "tmp/again.deb")
        bare_root.inside(self.root, "dpkg", "--install", "/tmp/again.deb")
        self.assertIn("# of ours", settings.read_text())
        bare_root.inside(self.root, "dpkg", "--remove", "geo-climate")
        self.assertTrue(settings.exists())
        bare_root.inside(self.root, "dpkg", "--purge", "geo-climate")
        self.assertFalse(settings.exists())
        self.assertTrue((self.root / "var/lib/geo-climate/geoclimate.db").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
