"""The configuration by itself: NGINX and a linter read it, and its routes are the program's public ones.

Usage: configuration_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import re
import subprocess
import sys
import unittest

from balancer import PATIENCE, SOURCE, Balancer, Pool, free_port
from program import run, scratch

# What a parameter of a route's template stands for in a request.
VALUES = {"model_id": "no2_d1_v1_20210101_000000", "model_name": "no2_d1", "site_id": "06-037-1103",
          "version": "1", "alias": "champion"}


def target(template):
    return re.sub(r"\{(\w+)\}", lambda found: VALUES.get(found.group(1), "x"), template)


def all_routes(server):
    """Every row of the program's table, of all listeners: each has a histogram from the start."""
    text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
    found = set(re.findall(
        r'^http_request_duration_seconds_count\{method="(\w+)",endpoint="([^"]+)"', text, re.M))
    return {(method, path) for method, path in found if path != "unmatched"}


def public_routes(server):
    paths = server.get("/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, rows in paths.items() for method in rows
            if method in ("get", "post", "put", "delete", "patch", "head")}


class LintTest(unittest.TestCase):
    def test_nginx_takes_the_configuration_without_a_warning(self):
        with Pool(0) as pool:
            # The example's site but for its ports, which NGINX opens to check them.
            example = {path.name: re.sub(r"(listen (?:[\d.]+:)?)\d+", rf"\g<1>{free_port()}",
                                         path.read_text())
                       for path in (SOURCE / "nginx/site").iterdir()}
            balancer = Balancer(pool, site=example)
            said = balancer.check()
            balancer.folder.cleanup()
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertNotRegex(said.stderr, r"\[(warn|emerg|error|alert)\]")

    def test_the_linter_finds_nothing(self):
        gixy = pathlib.Path(sys.executable).parent / "gixy"
        said = subprocess.run([sys.executable, gixy, "-f", "json", SOURCE / "nginx/nginx.conf"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(json.loads(said.stdout), [], said.stderr)
        self.assertEqual(said.returncode, 0, said.stderr)

    def test_the_linter_reads_the_included_files(self):
        gixy = pathlib.Path(sys.executable).parent / "gixy"
        with Pool(0) as pool:
            balancer = Balancer(pool)
            api = balancer.configuration / "api.conf"
            api.write_text(api.read_text().replace(
                "location @error {", "location = /x { return 302 https://$host$uri; }\nlocation @error {"))
            said = subprocess.run(
                [sys.executable, gixy, "-f", "json", balancer.configuration / "nginx.conf"],
                capture_output=True, text=True, timeout=PATIENCE, check=False)
            balancer.folder.cleanup()
        self.assertIn("http_splitting", said.stdout)


class AllowListTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.addClassCleanup(cls.folder.cleanup)
        data = pathlib.Path(cls.folder.name) / "data"
        run("--data-dir", data, "ingest",
            SOURCE / "data/epa/daily/epa_daily_losangeles_no2_2020.csv.gz")
        cls.pool = cls.enterClassContext(Pool(1, "--data-dir", data, "serve"))
        cls.server = cls.pool.servers[0]
        cls.balancer = cls.enterClassContext(Balancer(cls.pool))
        cls.public = public_routes(cls.server)
        cls.closed = all_routes(cls.server) - cls.public | {("GET", "/metrics")}
        cls.public -= cls.closed

    def reached(self, method, path):
        """Whether a request came to a server, and the answer."""
        answer = self.balancer.request(method, path)
        line = self.balancer.line(answer)
        self.assertEqual(line["path"], path)
        return bool(line["server"]), answer

    def test_the_table_was_read(self):
        self.assertGreater(len(self.public), 30)
        self.assertIn(("POST", "/models/{model_id}/promote"), self.closed)
        self.assertIn(("PUT", "/models/{model_name}/traffic"), self.closed)
        self.assertGreater(len(self.closed), 8)

    def test_every_public_route_is_let_through(self):
        for method, path in sorted(self.public):
            with self.subTest(method=method, path=path):
                reached, _ = self.reached(method, target(path))
                self.assertTrue(reached, f"add {method} {path} to nginx/routes.conf")

    def test_no_other_route_is_let_through(self):
        for method, path in sorted(self.closed):
            with self.subTest(method=method, path=path):
                reached, answer = self.reached(method, target(path))
                self.assertFalse(reached, f"{method} {path} is not public")
                self.assertIn(answer.status, (404, 405))

    def test_what_the_program_does_not_know_stays_outside(self):
        for path in ("/metrics", "//metrics", "/%6detrics", "/x/../metrics", "/admin", "/models/x/y",
                     "/models/a%2Fpromote", "/v2/models/a/b", "/.git/config", "/predict/"):
            with self.subTest(path=path):
                answer = self.balancer.get(path)
                self.assertEqual(answer.status, 404)
                self.assertEqual(self.balancer.line(answer)["server"], "")


class GrpcAllowListTest(unittest.TestCase):
    def test_every_method_of_the_protocol_is_decided(self):
        proto = (SOURCE / "proto/inference/grpc_service.proto").read_text()
        methods = set(re.findall(r"^\s*rpc (\w+)\(", proto, re.M))
        configured = (SOURCE / "nginx/grpc.conf").read_text()
        patterns = re.findall(r"location (=|~) (\S+) \{", configured)

        def is_allowed(method):
            path = f"/inference.GRPCInferenceService/{method}"
            return any(path == pattern if kind == "=" else re.search(pattern, path)
                       for kind, pattern in patterns)

        self.assertEqual({method for method in methods if not is_allowed(method)},
                         {"RepositoryModelLoad", "RepositoryModelUnload"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
