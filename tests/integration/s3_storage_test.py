"""Processes that share a bucket: one trains, promotes and issues, others serve it; many write at once; the store goes away
and comes back. Against a real S3 server. Usage: s3_storage_test.py PROGRAM SOURCE VERSITYGW"""

import concurrent.futures
import json
import pathlib
import re
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(sys.argv[2]) / "tests/e2e"))
sys.dont_write_bytecode = True

import program  # noqa: E402  (reads sys.argv)
from s3_server import S3Server  # noqa: E402
from tokens import openssl  # noqa: E402

GOLDEN = program.SOURCE / "tests/golden/models"
MODEL = GOLDEN / "lgb_binary.txt"


def wait_for(condition, what):
    until = time.monotonic() + program.PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"never came: {what}")
        time.sleep(0.05)


class SharedBucket(unittest.TestCase):
    """One platform, trained once: its database in a folder, its models and tables in the bucket."""

    @classmethod
    def setUpClass(cls):
        cls.s3 = cls.enterClassContext(S3Server(sys.argv[3]))
        cls.home = pathlib.Path(cls.enterClassContext(program.scratch()))
        cls.environment = cls.s3.environment()
        program.os.environ.update(cls.environment)
        program.make_data_directory(cls.home / "trainer")
        # Another process with the measurements alone.
        (cls.home / "server").mkdir()
        for file in (cls.home / "trainer").glob("geoclimate.db*"):
            shutil.copy(file, cls.home / "server")

    def run_models(self, *arguments, check=True):
        return program.run("--data-dir", self.home / "trainer", "models", *arguments, check=check)

    def import_model(self, name, file=MODEL):
        printed = self.run_models("import", file, "--name", name).stdout
        return printed.split()[1]

    def promote(self, model_id):
        return self.run_models("promote", model_id, "--stage", "production", "--override-gate")

    def serve(self):
        return program.Server("--data-dir", self.home / "server", "serve", "--as-of", program.AS_OF)

    @staticmethod
    def production(server, name):
        models = server.get("/models?stage=production").json()
        return next((model for model in models if model["model_name"] == name), {})

    @staticmethod
    def answer_of(model_id, server, request):
        """The prediction, once it is that version's."""
        answer = server.post("/predict", request)
        body = answer.json()
        return body if answer.status == 200 and body["model_id"] == model_id else None

    def test_nothing_lies_in_the_folder_of_the_one_that_trained(self):
        names = sorted(path.name for path in (self.home / "trainer").iterdir())
        self.assertEqual([name for name in names if name in ("models", "tables")], [])

    def test_another_process_serves_what_was_trained_and_issued(self):
        with self.serve() as server:
            self.assertEqual(self.production(server, "no2_d1")["stage"], "production")
            site = server.get("/v1/sites?pollutant=no2&limit=1").json()["sites"][0]["site_id"]
            forecast = server.get(f"/v1/forecast?site={site}")
            self.assertEqual(forecast.status, 200, forecast.body)

    def test_a_promotion_is_followed_and_a_store_that_is_down_is_done_without(self):
        with self.serve() as server:
            first = self.import_model("followed")
            begun = time.monotonic()
            self.promote(first)
            promoted = time.monotonic()
            row = {feature["name"]: 0.5 for feature in self.production(server, "followed")["features"]}
            request = {"model_name": "followed", "data": row}
            before = wait_for(lambda: self.answer_of(first, server, request), "the promotion")
            print(f"a promotion of {promoted - begun:.1f} s was served {time.monotonic() - promoted:.1f} s after it")

            self.s3.kill()
            failed = self.run_models("list", check=False)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn("127.0.0.1", failed.stderr)
            self.assertNotIn("root-secret", failed.stderr)
            wait_for(lambda: "cannot follow the registry of models" in server.stderr(), "a word of the loss")
            meanwhile = server.post("/predict", request)
            self.assertEqual(meanwhile.status, 200, meanwhile.body)
            self.assertEqual(meanwhile.json()["predictions"], before["predictions"])
            self.assertEqual(server.get("/health/ready").status, 200)

            self.s3.start()
            second = self.import_model("followed", GOLDEN / "lgb_dart.txt")
            self.promote(second)
            wait_for(lambda: self.answer_of(second, server, request), "the promotion after the loss")
            self.assertIn("the registry of models can be followed again", server.stderr())
            metrics = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
            self.assertRegex(metrics, r'storage_requests_total\{operation="list",outcome="ok"\} [1-9]')
            self.assertRegex(metrics, r'storage_requests_total\{[^}]*outcome="failed"\} [1-9]')

    def test_a_server_starts_from_what_was_read_last_while_the_store_is_away(self):
        with self.serve() as server:
            site = server.get("/v1/sites?pollutant=no2&limit=1").json()["sites"][0]["site_id"]
            forecast = server.get(f"/v1/forecast?site={site}")
            self.assertEqual(forecast.status, 200, forecast.body)
            production = self.production(server, "no2_d1")["model_id"]
        self.s3.kill()
        try:
            begun = time.monotonic()
            with self.serve() as server:
                print(f"started without the store in {time.monotonic() - begun:.1f} s")
                self.assertEqual(server.get("/health/ready").status, 200)
                self.assertEqual(server.get(f"/v1/forecast?site={site}").body, forecast.body)
                wait_for(lambda: server.get("/health").json()["status"] == "degraded", "a degraded health")
                wait_for(lambda: "cannot follow the registry of models" in server.stderr(), "a word of the loss")
                self.assertEqual(self.production(server, "no2_d1")["model_id"], production)
                self.s3.start()
                self.follows(server, "after")
        finally:
            if self.s3.process.poll() is not None:
                self.s3.start()

    def test_a_server_that_never_read_the_store_waits_for_it_and_is_not_ready(self):
        fresh = self.home / "fresh"
        fresh.mkdir()
        for file in (self.home / "trainer").glob("geoclimate.db*"):
            shutil.copy(file, fresh)
        self.s3.kill()
        try:
            with program.Server("--data-dir", fresh, "serve", "--as-of", program.AS_OF) as server:
                ready = server.get("/health/ready")
                self.assertEqual(ready.status, 503)
                self.assertIn(b"the registry cannot be reached", ready.body)
                self.assertEqual(server.get("/health/live").status, 200)
                self.s3.start()
                server.wait_for("/health/ready", 200)
                site = server.get("/v1/sites?pollutant=no2&limit=1").json()["sites"][0]["site_id"]
                server.wait_for(f"/v1/forecast?site={site}", 200)
        finally:
            if self.s3.process.poll() is not None:
                self.s3.start()

    def follows(self, server, name):
        """A promotion is served."""
        model_id = self.import_model(name)
        self.promote(model_id)
        features = wait_for(lambda: self.production(server, name).get("features"), "the model among those that are listed")
        row = {feature["name"]: 0.5 for feature in features}
        wait_for(lambda: self.answer_of(model_id, server, {"model_name": name, "data": row}), "the promotion")

    def test_a_quiet_look_is_one_listing(self):
        with self.serve() as server:
            def requests(operation):
                text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
                found = re.search(rf'storage_requests_total{{operation="{operation}",outcome="ok"}} (\d+)', text)
                return int(found.group(1)) if found else 0
            lists, gets = requests("list"), requests("get")
            wait_for(lambda: requests("list") >= lists + 3, "three looks")
            # The pointer to the table and the orders to the caches are looked at too, once in a look.
            self.assertLess(requests("get") - gets, 3 * (requests("list") - lists))

    def test_a_program_that_ends_does_not_wait_for_a_store_that_hangs(self):
        with self.serve() as server:
            self.s3.process.send_signal(signal.SIGSTOP)
            try:
                begun = time.monotonic()
                server.terminate()
                self.assertEqual(server.wait(), 0)
                print(f"ended {time.monotonic() - begun:.1f} s after it was told to, with a store that hangs")
            finally:
                self.s3.process.send_signal(signal.SIGCONT)

    def test_of_many_writers_at_once_nothing_is_lost(self):
        count = 8
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            ids = list(pool.map(lambda _: self.import_model("crowded"), range(count)))
        self.assertEqual(len(set(ids)), count)
        listed = json.loads(self.run_models("list", "--name", "crowded", "--json").stdout)
        self.assertEqual(sorted(version["model_id"] for version in listed), sorted(ids))

    def test_a_wrong_key_is_refused_by_name(self):
        refused = program.run("--data-dir", self.home / "trainer", "models", "list", check=False,
                              environment={"AWS_SECRET_ACCESS_KEY": "wrong"})
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("SignatureDoesNotMatch", refused.stderr)

    def test_a_store_of_a_private_authority_is_held_against_its_file(self):
        certificate, key = self.home / "store.pem", self.home / "store.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=store", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
        with S3Server(sys.argv[3], str(certificate), str(key)) as store:
            untrusted = program.run("--data-dir", self.home / "trainer", "models", "list", check=False,
                                    environment=store.environment())
            self.assertEqual(untrusted.returncode, 1)
            self.assertIn("certificate", untrusted.stderr)
            trusted = store.environment() | {"GEOCLIMATE_STORAGE__S3__CA_FILE": str(certificate)}
            imported = program.run("--data-dir", self.home / "trainer", "models", "import", MODEL, "--name", "trusted",
                                   environment=trusted).stdout
            listed = program.run("--data-dir", self.home / "trainer", "models", "list", "--json", environment=trusted)
            self.assertEqual([version["model_id"] for version in json.loads(listed.stdout)], [imported.split()[1]])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
