"""Several servers with nothing in common but PostgreSQL and the models: keys, quotas and audit are one.

Usage: replicas_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import signal
import sys
import time
import unittest

from postgres import PostgresServer
from program import PATIENCE, SOURCE, Server, run, scratch

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


class ReplicasTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = PostgresServer()
        cls.addClassCleanup(cls.postgres.close)

    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.database = self.postgres.new_database()
        url = self.root / "url"
        url.write_text(self.postgres.url(self.database) + "\n")
        self.environment = {"GEOCLIMATE_DATABASE__URL_FILE": str(url),
                            "GEOCLIMATE_DATABASE__POOL__HEALTH_CHECK_SECONDS": "1",
                            "GEOCLIMATE_DATABASE__POOL__ACQUIRE_TIMEOUT_MS": "500",
                            "GEOCLIMATE_STORAGE__URL": f"file://{self.root}/models",
                            "GEOCLIMATE_AUTH__REQUIRED": "true"}

    def folder(self, name):
        """As an emptyDir: a replica's own."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    def verb(self, *arguments, check=True):
        return run("--data-dir", self.folder("operator"), *arguments, environment=self.environment, check=check)

    def make_key(self, *arguments):
        return json.loads(self.verb("keys", "create", "--name", "test", "--json", *arguments).stdout)["key"]

    def serve(self, name):
        server = Server("--data-dir", self.folder(name), "serve", environment=self.environment)
        self.addCleanup(server.__exit__)
        return server

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def status(self, server, key):
        return server.get("/models", X_API_Key=key).status

    def manage(self, server, key, method, target):
        return server.request(method, target, headers={"X-API-Key": key}, port=server.management_port)

    def test_a_key_opens_both_and_closes_on_both(self):
        a, b = self.serve("a"), self.serve("b")
        key = self.make_key()
        for server in (a, b):
            self.until(lambda server=server: self.status(server, key) == 200)
        new = json.loads(self.verb("keys", "rotate", key[:12], "--json").stdout)["key"]
        for server in (a, b):
            self.until(lambda server=server: self.status(server, new) == 200)
            self.assertEqual(self.status(server, key), 200)
        self.verb("keys", "revoke", key[:12])
        for server in (a, b):
            self.until(lambda server=server: self.status(server, key) == 401)
        for folder in ("a", "b", "operator"):
            self.assertFalse((self.folder(folder) / "geoclimate.db").exists())

    def test_what_both_are_told_stands_in_one_audit(self):
        key = self.make_key("--scopes", "admin")
        a, b = self.serve("a"), self.serve("b")
        self.assertEqual(self.manage(a, key, "DELETE", "/admin/cache?reason=of+a").status, 200)
        self.assertEqual(self.manage(b, key, "DELETE", "/admin/cache?reason=of+b").status, 200)
        self.verb("keys", "revoke", key[:12])
        admin = self.make_key("--scopes", "admin")
        for server in (a, b):
            self.until(lambda server=server: self.status(server, admin) == 200)
        records = self.manage(a, admin, "GET", "/admin/audit").json()
        self.assertEqual(self.manage(b, admin, "GET", "/admin/audit").json(), records)
        seen = [(record["action"], record["reason"], record["outcome"]) for record in reversed(records)]
        self.assertEqual(seen, [(action, reason, outcome)
                                for action, reason in (("key.create", ""), ("cache.clear", "of a"),
                                                       ("cache.clear", "of b"), ("key.revoke", ""),
                                                       ("key.create", ""))
                                for outcome in ("started", "done")])
        lines = self.verb("audit", "--json").stdout.splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], [record["id"] for record in records])

    def test_rows_of_all_are_added_up(self):
        self.verb("models", "import", MODEL, "--name", "m")
        model = json.loads(self.verb("models", "list", "--json").stdout)
        model_id = (model[0] if isinstance(model, list) else model)["model_id"]
        self.verb("models", "promote", model_id, "--stage", "production", "--override-gate")
        key = self.make_key("--daily-rows", "20")
        batch = json.dumps({"model_name": "m", "data": [{}] * 7})
        fields = {"Content-Type": "application/json", "X-API-Key": key}
        first = [self.serve(name) for name in ("a", "b")]
        for server in first:
            answer = server.request("POST", "/predict/batch", batch, fields)
            self.assertEqual(answer.status, 200, answer.body)
        for server in first:
            server.terminate()
        for server in first:
            server.wait()
        third = self.serve("c")
        self.assertEqual(third.get("/usage", X_API_Key=key).json()["today"]["rows"], 14)
        self.assertEqual(third.request("POST", "/predict/batch", batch, fields).status, 429)
        listed = json.loads(self.verb("keys", "list", "--json").stdout)
        self.assertIsNotNone(listed[0]["last_used_at"])

    def test_without_the_database_known_keys_open_and_what_cannot_be_recorded_is_not_done(self):
        key = self.make_key("--scopes", "admin")
        a, b = self.serve("a"), self.serve("b")
        for server in (a, b):
            self.assertEqual(self.status(server, key), 200)
        self.postgres.stop(signal.SIGINT)
        try:
            for _ in range(3):
                for server in (a, b):
                    self.assertEqual(self.status(server, key), 200)
                    refused = self.manage(server, key, "DELETE", "/admin/cache?reason=away")
                    self.assertEqual(refused.status, 503, refused.body)
                    self.assertIn("audit", refused.json()["detail"])
                    self.assertIn("retry-after", refused.headers)
        finally:
            self.postgres.start()
        for server in (a, b):
            self.until(lambda server=server: self.manage(server, key, "DELETE", "/admin/cache?reason=back").status == 200)
        reasons = {json.loads(line)["reason"] for line in self.verb("audit", "--json").stdout.splitlines()}
        self.assertIn("back", reasons)
        self.assertNotIn("away", reasons)
        self.verb("keys", "revoke", key[:12])
        for server in (a, b):
            self.until(lambda server=server: self.status(server, key) == 401)

    def test_a_copy_moves_keys_and_audit(self):
        key = self.make_key("--daily-rows", "20")
        other = self.root / "copy.db"
        report = json.loads(self.verb("store", "copy", "--from", "postgres", "--to", f"sqlite:{other}", "--json").stdout)
        self.assertTrue(report["equal"], report)
        self.assertEqual((report["api_keys"]["to"], report["audit"]["to"]), (1, 2))
        moved = self.folder("embedded")
        other.rename(moved / "geoclimate.db")
        with Server("--data-dir", moved, "serve", environment={"GEOCLIMATE_AUTH__REQUIRED": "true"}) as server:
            self.assertEqual(self.status(server, key), 200)
        # A database that already has keys is no empty one.
        refused = self.verb("store", "copy", "--from", f"sqlite:{moved}/geoclimate.db", "--to", "postgres", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("not empty", refused.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
