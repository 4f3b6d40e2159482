"""Every change leaves its records in the audit: of each route that changes something, and of each such verb.

Usage: audit_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import re
import sys
import time
import unittest

from program import AS_OF, PATIENCE, SOURCE, Server, make_data_directory, run, scratch

SITE = "06-037-1103"
# Bodies for routes whose schema says too little to make one. A route that is not listed is sent what its schema asks for.
BODIES = {
    ("POST", "/v1/observations"): {"observations": [
        {"site_id": SITE, "pollutant": "NO2", "poc": 9, "date": "2020-12-30", "value": 20.5}]},
    ("PUT", "/models/{model_name}/traffic"): {"canary": None},
}


def setUpModule():
    global FOLDER, DATA, SERVER, TOKEN
    FOLDER = scratch()
    DATA = pathlib.Path(FOLDER.name) / "data"
    make_data_directory(DATA)
    SERVER = Server("--data-dir", DATA, "serve", "--as-of", AS_OF)
    TOKEN = (DATA / "admin.token").read_text().strip()


def tearDownModule():
    SERVER.__exit__()
    FOLDER.cleanup()


def manage(method, target, body=None, **headers):
    return SERVER.request(method, target, body, {"X-API-Key": TOKEN, **headers}, SERVER.management_port)


def records_of(action=None, request_id=None):
    return [record for record in manage("GET", "/admin/audit?limit=1000").json()
            if action in (None, record["action"]) and request_id in (None, record["request_id"])]


def example(schema, document):
    """A value that the schema allows, as small as it may be."""
    if "$ref" in schema:
        return example(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return example(schema[key][0], document)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        wanted = schema.get("required") or list(schema.get("properties", {}))[:1]
        return {name: example(schema["properties"][name], document) for name in wanted}
    if kind == "array":
        return [example(schema["items"], document)]
    return {"string": "x", "integer": 1, "number": 1, "boolean": True, "null": None}[kind]


class RoutesTest(unittest.TestCase):
    """Made from what the server itself says of its routes: a new one cannot be forgotten."""

    def send(self, port, method, template, operation, document, request_id):
        named = {"model_id": self.model_id, "model_name": "no2_d1", "alias": "champion"}
        path = re.sub(r"\{([^}]*)\}", lambda match: named.get(match.group(1), "x"), template)
        query = [f"{parameter['name']}={example(parameter['schema'], document)}"
                 for parameter in operation.get("parameters", [])
                 if parameter["in"] == "query" and parameter.get("required")]
        body = BODIES.get((method, template))
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None and content is not None:
            body = example(content["schema"], document)
        headers = {"X-Request-Id": request_id}
        if body is not None:
            headers["Content-Type"] = "application/json"
        target = path + ("?" + "&".join(query) if query else "")
        headers["X-API-Key"] = TOKEN
        return SERVER.request(method, target, json.dumps(body) if body is not None else None, headers, port)

    def test_each_route_that_changes_something_leaves_two_records(self):
        self.model_id = SERVER.get("/models?stage=production").json()[0]["model_id"]
        audited = 0
        for port in (SERVER.port, SERVER.management_port):
            document = SERVER.request("GET", "/openapi.json", headers={"X-API-Key": TOKEN}, port=port).json()
            for template, operations in document["paths"].items():
                for name, operation in operations.items():
                    method = name.upper()
                    with self.subTest(method=method, path=template):
                        if method == "GET":
                            self.assertFalse(operation["x-audited"])
                        if not operation["x-audited"]:
                            continue
                        audited += 1
                        answer = self.send(port, method, template, operation, document, f"r-{audited}")
                        self.assertNotIn(answer.status, (401, 403, 405, 415, 503), answer.body)
                        self.check(f"r-{audited}", answer)
        self.assertGreaterEqual(audited, 10)

    def check(self, request_id, answer):
        until = time.monotonic() + PATIENCE
        records = []
        # The second may come a moment after the answer.
        while len(records) < 2 and time.monotonic() < until:
            records = records_of(request_id=request_id)
            if not records:
                break
        self.assertEqual(len(records), 2, f"not in the audit: {answer.status} {answer.body[:300]}"
                         " (give the route a body in BODIES that it takes, or let it tell the audit)")
        ended, started = records
        self.assertEqual(started["outcome"], "started")
        self.assertEqual(ended["outcome"] == "done", answer.status == 200, ended)
        self.assertEqual(started["actor"], "admin token")
        self.assertEqual((started["action"], started["address"]), (ended["action"], "127.0.0.1"))

    def test_what_only_asks_is_not_recorded(self):
        before = len(records_of())
        row = {"data": {}, "model_name": "no2_d1"}
        SERVER.post("/predict", row)
        SERVER.post("/explain", row)
        self.assertEqual(SERVER.post("/v2/repository/index", {}).status, 200)
        self.assertEqual(len(records_of()), before)


class VerbsTest(unittest.TestCase):
    def test_what_made_the_platform_stands_in_the_audit(self):
        for action, subject in (("observations.ingest", "epa_daily_losangeles_no2"), ("model.train", "no2_d1"),
                                ("forecast.issue", AS_OF)):
            with self.subTest(action):
                by_outcome = {}
                for record in records_of(action):
                    if record["actor"].startswith("user "):
                        by_outcome.setdefault(record["outcome"], []).append(record)
                self.assertEqual(set(by_outcome), {"started", "done"})
                self.assertEqual(len(by_outcome["started"]), len(by_outcome["done"]))
                ended = by_outcome["done"][-1]
                self.assertIn(subject, ended["subject"])
                self.assertTrue(ended["to"])
        trained = [record["to"] for record in records_of("model.train") if record["subject"] == "no2_d1"]
        self.assertTrue(any("in production" in to for to in trained), trained)

    def test_a_verb_that_fails_leaves_the_code(self):
        with scratch() as folder:
            data = pathlib.Path(folder) / "data"
            data.mkdir()
            run("--data-dir", data, "models", "promote", "nothing", "--stage", "staging", check=False)
            lines = run("--data-dir", data, "audit", "--json").stdout.splitlines()
            outcomes = [json.loads(line)["outcome"] for line in lines]
            self.assertEqual(outcomes, ["NOT_FOUND", "started"])

    def test_a_dry_run_is_no_change(self):
        with scratch() as folder:
            data = pathlib.Path(folder) / "data"
            data.mkdir()
            file = next((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))
            run("--data-dir", data, "ingest", "--dry-run", file)
            self.assertEqual(run("--data-dir", data, "audit").stdout, "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
