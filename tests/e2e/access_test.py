"""Who may call what: keys, scopes of every route, limits, quotas, and what refuses to start.

Usage: access_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import re
import sys
import time
import unittest

from program import PATIENCE, SOURCE, Server, run, scratch

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"
ROW = {"data": {"f0": 1}}


def make_key(data, *arguments, **options):
    return json.loads(run("--data-dir", data, "keys", "create", "--name", "test", "--json",
                          *arguments, **options).stdout)["key"]


def shown(key):
    return {"X-API-Key": key}


class DataTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.data.mkdir()

    def serve(self, *arguments, **environment):
        server = Server("--data-dir", self.data, "serve", *arguments, environment={
            "GEOCLIMATE_AUTH__REQUIRED": "true", **environment})
        self.addCleanup(server.__exit__)
        return server

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


def rows_of(document):
    """(method, a path of the row, scope) of every row that an OpenAPI document has."""
    for template, operations in document["paths"].items():
        path = re.sub(r"\{[^}]*\}", "x", template)
        for method, operation in operations.items():
            yield method.upper(), path, operation["x-scope"]


class ScopesTest(DataTest):
    """Made from what the server itself says of its routes: a new one cannot be forgotten."""

    def test_no_route_answers_without_its_scope(self):
        keys = {scope: make_key(self.data, "--scopes", scope) for scope in ("read", "predict", "admin")}
        server = self.serve()
        public = list(rows_of(server.get("/openapi.json").json()))
        management = list(rows_of(server.request(
            "GET", "/openapi.json", port=server.management_port, headers=shown(keys["admin"])).json()))
        self.assertGreater(len(public), 20)
        self.assertGreater(len(management), 8)
        self.assertEqual({scope for _, _, scope in public}, {"none", "read", "predict"})
        for port, rows in ((server.port, public), (server.management_port, management)):
            for method, path, scope in rows:
                needed = scope if port == server.port else "admin"
                with self.subTest(method=method, path=path, scope=needed):
                    bare = server.request(method, path, port=port).status
                    if needed == "none":
                        self.assertNotIn(bare, (401, 403))
                        continue
                    self.assertEqual(bare, 401)
                    for held, key in keys.items():
                        status = server.request(method, path, port=port, headers=shown(key)).status
                        if held in (needed, "admin"):
                            self.assertNotIn(status, (401, 403), held)
                        else:
                            self.assertEqual(status, 403, held)

    def test_the_management_token_opens_management(self):
        server = self.serve()
        token = (self.data / "admin.token").read_text().strip()
        target, port = "/openapi.json", server.management_port
        self.assertEqual(server.request("GET", target, port=port).status, 401)
        self.assertEqual(server.request("GET", target, port=port, headers=shown(token)).status, 200)


class KeysTest(DataTest):
    def test_a_key_lives_until_it_is_revoked_or_replaced(self):
        old = make_key(self.data)
        server = self.serve()

        def status(key):
            return server.get("/models", X_API_Key=key).status

        self.assertEqual(status(old), 200)
        self.assertEqual(server.get("/models", Authorization=f"Bearer {old}").status, 200)
        late = make_key(self.data)
        self.until(lambda: status(late) == 200)
        new = json.loads(run("--data-dir", self.data, "keys", "rotate", old[:12], "--overlap", "1h",
                             "--json").stdout)["key"]
        self.until(lambda: status(new) == 200)
        self.assertEqual(status(old), 200)
        run("--data-dir", self.data, "keys", "revoke", old[:12])
        self.until(lambda: status(old) == 401)
        self.assertEqual(status(new), 200)
        listed = {key["prefix"]: key for key in
                  json.loads(run("--data-dir", self.data, "keys", "list", "--json").stdout)}
        self.assertEqual(listed[old[:12]]["state"], "revoked")
        self.assertEqual(listed[old[:12]]["successor"], new[:12])

    def test_a_rotation_without_overlap_ends_the_old_key(self):
        old = make_key(self.data)
        server = self.serve()
        run("--data-dir", self.data, "keys", "rotate", old[:12], "--overlap", "0m")
        self.until(lambda: server.get("/models", X_API_Key=old).status == 401)

    def test_the_last_use_and_the_usage_are_kept(self):
        key = make_key(self.data, "--daily-rows", "10")
        server = Server("serve", "--model", MODEL, "--data-dir", self.data,
                        environment={"GEOCLIMATE_AUTH__REQUIRED": "true"})
        self.addCleanup(server.__exit__)
        batch = json.dumps({"data": [{}] * 7})
        fields = {"Content-Type": "application/json", **shown(key)}
        self.assertEqual(server.request("POST", "/predict/batch", batch, fields).status, 200)
        refused = server.request("POST", "/predict/batch", batch, fields)
        self.assertEqual(refused.status, 429)
        self.assertIn("10 rows a day", refused.json()["detail"])
        self.assertGreaterEqual(int(refused.headers["retry-after"]), 1)
        usage = server.get("/usage", X_API_Key=key).json()
        self.assertEqual(usage["today"], {"requests": 3, "rows": 7})
        self.assertEqual(usage["limits"]["daily_rows"], 10)
        server.terminate()
        server.wait()
        listed = json.loads(run("--data-dir", self.data, "keys", "list", "--json").stdout)
        self.assertIsNotNone(listed[0]["last_used_at"])
        again = Server("serve", "--model", MODEL, "--data-dir", self.data,
                       environment={"GEOCLIMATE_AUTH__REQUIRED": "true"})
        self.addCleanup(again.__exit__)
        self.assertEqual(again.get("/usage", X_API_Key=key).json()["today"]["rows"], 7)

    def test_mistakes_of_the_verb_are_named(self):
        for arguments, text in ((("--scopes", "write"), "'write' is no scope"),
                                (("--expires", "soon"), "'soon' is neither")):
            result = run("--data-dir", self.data, "keys", "create", "--name", "x", *arguments,
                         check=False)
            self.assertEqual(result.returncode, 2)
            self.assertIn(text, result.stderr)
        result = run("--data-dir", self.data, "keys", "revoke", "gsc_nothing1", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("gsc_nothing1", result.stderr)

    def test_a_secret_is_shown_once_and_never_kept(self):
        key = make_key(self.data)
        server = self.serve()
        server.get("/models", X_API_Key=key)
        server.get("/models", X_API_Key=key[:-1] + ("A" if key[-1] != "A" else "B"))
        server.terminate()
        server.wait()
        said = server.summary + server.stderr()
        said += run("--data-dir", self.data, "keys", "list").stdout
        self.assertNotIn(key[12:], said)
        for file in self.data.rglob("*"):
            if file.is_file():
                self.assertNotIn(key[12:].encode(), file.read_bytes(), file)


class LimitsTest(DataTest):
    def test_a_key_is_held_to_its_rate_and_told_of_it(self):
        key = make_key(self.data, "--requests-per-minute", "1")
        other = make_key(self.data)
        server = self.serve(GEOCLIMATE_API__RATE_LIMITING__BURST="3")
        answers = [server.get("/models", X_API_Key=key) for _ in range(4)]
        self.assertEqual([answer.status for answer in answers], [200, 200, 200, 429])
        self.assertEqual([answer.headers["x-ratelimit-remaining"] for answer in answers],
                         ["2", "1", "0", "0"])
        self.assertEqual(answers[0].headers["x-ratelimit-limit"], "1")
        self.assertGreater(int(answers[3].headers["retry-after"]), 1)
        self.assertEqual(server.get("/models", X_API_Key=other).status, 200)
        self.assertNotIn("x-ratelimit-limit", server.get("/health/live").headers)
        self.assertIn(b"rate_limit_exceeded_total 1",
                      server.request("GET", "/metrics", port=server.metrics_port).body)

    def test_callers_of_this_machine_without_a_key_are_not_held(self):
        with Server("serve", "--model", MODEL,
                    environment={"GEOCLIMATE_API__RATE_LIMITING__BURST": "1"}) as server:
            for _ in range(5):
                answer = server.get("/models")
                self.assertEqual(answer.status, 200)
                self.assertNotIn("x-ratelimit-limit", answer.headers)

    def test_an_address_that_guesses_is_slowed_down(self):
        server = self.serve(GEOCLIMATE_API__RATE_LIMITING__BURST="3",
                            GEOCLIMATE_API__RATE_LIMITING__REQUESTS_PER_MINUTE="1",
                            GEOCLIMATE_API__RATE_LIMITING__TRUSTED_PROXIES="[127.0.0.1]")
        guess = {"X-API-Key": "guess", "X-Forwarded-For": "192.0.2.1"}
        statuses = [server.request("GET", "/models", headers=guess).status for _ in range(5)]
        self.assertEqual(statuses, [401, 401, 401, 429, 429])
        other = {"X-API-Key": "guess", "X-Forwarded-For": "192.0.2.2"}
        self.assertEqual(server.request("GET", "/models", headers=other).status, 401)


class StartTest(DataTest):
    def refused(self, *arguments, **environment):
        result = run("--data-dir", self.data, "serve", "--port", "0", "--grpc-port", "0",
                     "--metrics-port", "0", "--management-port", "0", *arguments, check=False,
                     environment=environment)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr

    def test_an_address_beyond_loopback_wants_authentication(self):
        self.assertIn("auth.required", self.refused("--host", "0.0.0.0"))
        self.assertIn("auth.required", self.refused(GEOCLIMATE_API__MANAGEMENT__HOST="0.0.0.0"))
        self.assertIn("auth.required", self.refused("--host", "0.0.0.0",
                                                    GEOCLIMATE_AUTH__REQUIRED="false"))
        make_key(self.data)
        self.assertIn("auth.required", self.refused("--host", "0.0.0.0"))

    def test_with_authentication_every_caller_shows_a_key(self):
        key = make_key(self.data)
        server = self.serve("--host", "0.0.0.0")
        self.assertEqual(server.get("/models").status, 401)
        self.assertEqual(server.get("/models", X_API_Key=key).status, 200)
        # A balancer's probe knows no name of the server.
        self.assertEqual(server.get("/health/live", Host="10.1.2.3:8000").status, 200)

    def test_without_a_place_for_keys_it_does_not_start(self):
        result = run("--data-dir", self.data / "nothing", "serve", "--model", MODEL, check=False,
                     environment={"GEOCLIMATE_AUTH__REQUIRED": "true"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("keys create", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
