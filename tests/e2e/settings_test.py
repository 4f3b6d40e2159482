"""Settings as a person meets them: config check, config show, and what serve refuses to start with.

Usage: settings_test.py PROGRAM SOURCE_DIR
"""

import pathlib
import sys
import unittest

from program import SOURCE, Server, run, scratch


class SettingsTest(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def write(self, text):
        file = self.path / "settings.yaml"
        file.write_text(text)
        return file

    def test_the_shipped_file_is_right(self):
        self.assertIn("every key is known",
                      run("config", "check", SOURCE / "config/performance.yaml").stdout)

    def test_every_mistake_is_named_with_its_place(self):
        file = self.write("api:\n  prot: 1\n  port: 99999\ncaching: 3\n")
        result = run("config", "check", file, check=False)
        self.assertEqual(result.returncode, 1)
        for place in (":2: api.prot", ":3: api.port", ":4: caching"):
            self.assertIn(str(file) + place, result.stderr)
        started = run("--config", file, "--data-dir", self.path, "serve", check=False)
        self.assertEqual(started.returncode, 2)
        self.assertIn(":2: api.prot", started.stderr)

    def test_show_tells_where_each_value_came_from(self):
        file = self.write("serving:\n  batch:\n    max_size: 5\n")
        shown = run("--config", file, "config", "show",
                    environment={"GEOCLIMATE_API__WORKERS": "3"}).stdout
        self.assertIn(f"serving.batch.max_size: 5  # {file}:3\n", shown)
        self.assertIn("api.workers: 3  # GEOCLIMATE_API__WORKERS\n", shown)
        self.assertIn("api.host: \"127.0.0.1\"  # default\n", shown)

    def test_an_unknown_variable_stops_the_start(self):
        result = run("--data-dir", self.path, "serve", check=False,
                     environment={"GEOCLIMATE_API__PROT": "1"})
        self.assertEqual(result.returncode, 2)
        self.assertIn("GEOCLIMATE_API__PROT", result.stderr)

    def test_an_address_that_is_not_loopback_is_refused(self):
        model = SOURCE / "fuzz/corpus/model_file/xgb_names.json"
        result = run("serve", "--model", model, "--host", "0.0.0.0", "--port", "0", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("0.0.0.0", result.stderr)

    def test_a_missing_data_directory_is_named_with_what_to_do(self):
        result = run("--data-dir", self.path / "nothing", "serve", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("geoclimate ingest", result.stderr)

    def test_settings_reach_the_server(self):
        file = self.write("serving:\n  batch:\n    max_size: 5\napi:\n  gzip:\n    enabled: false\n")
        model = SOURCE / "fuzz/corpus/model_file/xgb_names.json"
        with Server("--config", file, "serve", "--model", model) as server:
            self.assertEqual(server.post("/predict/batch", {"data": [{}] * 5}).status, 200)
            self.assertEqual(server.post("/predict/batch", {"data": [{}] * 6}).status, 413)
            plain = server.get("/openapi.json", Accept_Encoding="gzip")
            self.assertNotIn("content-encoding", plain.headers)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
