"""`geoclimate doctor` against real services, right and wrong: every FAIL that a machine can be brought to is brought about.

Usage: doctor_test.py PROGRAM SOURCE_DIR
"""

import http.server
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from postgres import PostgresServer
from program import AS_OF, PROGRAM, SOURCE, Server, run, scratch

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


class DoctorTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.data = self.root / "data"
        self.data.mkdir()
        self.ports = {f"GEOCLIMATE_API__{name}": "0" for name in
                      ("PORT", "GRPC_PORT", "MANAGEMENT__PORT", "METRICS_PORT")}

    def look(self, *arguments, **environment):
        """The findings by check (the worst of each), and the exit code."""
        result = run("--data-dir", self.data, "doctor", "--json", *arguments, check=False,
                     environment={**self.ports, **environment})
        self.assertIn(result.returncode, (0, 1), result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["healthy"], result.returncode == 0)
        found = {}
        order = ["OK", "WARN", "FAIL"]
        for finding in report["findings"]:
            self.assertEqual(finding["advice"] != "", finding["verdict"] != "OK", finding)
            before = found.get(finding["check"])
            if before is None or order.index(finding["verdict"]) > order.index(before["verdict"]):
                found[finding["check"]] = finding
        return found, result.returncode

    def expect(self, found, **verdicts):
        for check, verdict in verdicts.items():
            name = check.replace("__", ".")
            self.assertIn(name, found)
            self.assertEqual(found[name]["verdict"], verdict, found[name])

    def secret(self, name, text, mode=0o600):
        file = self.root / name
        file.write_text(text)
        file.chmod(mode)
        return file


class EmbeddedTest(DoctorTest):
    def test_an_installation_that_serves_is_healthy(self):
        files = sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))
        run("--data-dir", self.data, "ingest", *files)
        with Server("--data-dir", self.data, "serve", environment={"GEOCLIMATE_FORECAST__AS_OF": AS_OF}):
            found, code = self.look()
        self.assertEqual(code, 0, found)
        self.expect(found, data_dir="OK", data_dir__writable="OK", data_dir__locks="OK", database="OK",
                    database__schema="OK", storage="OK", models="WARN", port__api="OK")
        self.assertEqual(found["admin.token"]["verdict"], "OK")
        self.assertEqual(list(self.data.glob(".doctor*")) + list(self.data.glob("doctor/*")), [], "nothing is left")

    def test_text_is_for_people(self):
        result = run("--data-dir", self.root / "nowhere", "doctor", check=False, environment=self.ports)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"FAIL  data_dir +there is no folder")
        self.assertIn("-> make one with 'geoclimate ingest'", result.stdout)

    def test_a_data_directory_that_others_may_change_fails(self):
        self.data.chmod(0o777)
        found, code = self.look()
        self.assertEqual(code, 1)
        self.expect(found, data_dir="FAIL")

    @unittest.skipUnless(os.geteuid() == 0, "root mounts a file system")
    def test_a_full_disk_fails(self):
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", self.data], check=False).returncode:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.data], check=True)
        found, _ = self.look()
        self.expect(found, data_dir__space="FAIL")
        with open(self.data / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass
        found, _ = self.look()
        self.expect(found, data_dir__writable="FAIL", storage="FAIL")

    def test_a_database_of_another_program_or_none_or_a_newer_one_fails(self):
        import sqlite3  # pylint: disable=import-outside-toplevel
        database = self.data / "geoclimate.db"
        found, _ = self.look()
        self.expect(found, database="WARN")
        database.write_bytes(b"no database" * 1000)
        found, _ = self.look()
        self.expect(found, database="FAIL")
        database.unlink()
        connection = sqlite3.connect(database)
        connection.executescript("CREATE TABLE users (id); PRAGMA user_version = 3")
        connection.close()
        found, _ = self.look()
        self.expect(found, database="FAIL")
        connection = sqlite3.connect(database)
        connection.executescript("PRAGMA application_id = 1195592781; PRAGMA user_version = 999")
        connection.close()
        found, _ = self.look()
        self.expect(found, database="OK", database__schema="FAIL")
        connection = sqlite3.connect(database)
        connection.executescript("PRAGMA user_version = 1")
        connection.close()
        found, _ = self.look()
        self.expect(found, database__schema="WARN")

    def test_a_model_in_production_that_is_damaged_fails(self):
        from program import make_data_directory  # pylint: disable=import-outside-toplevel
        make_data_directory(self.data)
        found, code = self.look(GEOCLIMATE_FORECAST__AS_OF=AS_OF)
        self.assertEqual(code, 0, found)
        self.expect(found, models="OK", forecasts="OK")
        found, _ = self.look()
        self.expect(found, forecasts="WARN")
        for artifact in (self.data / "models").rglob("*"):
            if artifact.is_file() and artifact.stat().st_size > 20000:
                artifact.write_bytes(artifact.read_bytes()[:-100] + b"x" * 100)
        for table in (self.data / "tables").glob("*.gcft"):
            table.write_bytes(b"no table")
        found, code = self.look(GEOCLIMATE_FORECAST__AS_OF=AS_OF)
        self.assertEqual(code, 1)
        self.expect(found, models="FAIL", forecasts="FAIL")

    def test_a_port_that_another_program_has_fails(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            found, _ = self.look(GEOCLIMATE_API__GRPC_PORT=port)
            self.expect(found, port__grpc="FAIL", port__api="OK")
        with Server("serve", "--model", MODEL) as server:
            found, code = self.look(GEOCLIMATE_API__PORT=str(server.port),
                                    GEOCLIMATE_API__GRPC_PORT=str(server.grpc_port))
            self.assertEqual(code, 0, found)
            self.assertIn("geoclimate serves", found["port.grpc"]["seen"])

    def test_few_open_files_fail(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

        result = subprocess.run([PROGRAM, "--data-dir", self.data, "doctor", "--json"], preexec_fn=few, check=False,
                                capture_output=True, text=True, env={**os.environ, **self.ports})
        found = {one["check"]: one for one in json.loads(result.stdout)["findings"]}
        self.assertEqual(found["open_files"]["verdict"], "FAIL")


class FilesTest(DoctorTest):
    def test_secrets_that_others_may_read_fail(self):
        names = {"sources.airnow.key_file": "GEOCLIMATE_SOURCES__AIRNOW__KEY_FILE",
                 "alerts.key_file": "GEOCLIMATE_ALERTS__KEY_FILE",
                 "database.url_file": "GEOCLIMATE_DATABASE__URL_FILE"}
        file = self.secret("secret", "text\n", 0o644)
        found, code = self.look(**{variable: str(file) for variable in names.values()})
        self.assertEqual(code, 1)
        for check in names:
            self.assertEqual(found[check]["verdict"], "FAIL", found[check])
        file.chmod(0o660)
        found, _ = self.look(**{names["alerts.key_file"]: str(file)})
        self.assertEqual(found["alerts.key_file"]["verdict"], "WARN")
        file.unlink()
        found, _ = self.look(**{names["alerts.key_file"]: str(file)})
        self.assertEqual(found["alerts.key_file"]["verdict"], "FAIL")

    def certificate(self, name, days):
        certificate, key = self.root / f"{name}.pem", self.root / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", f"/CN={name}.example", "-days", str(days), "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        key.chmod(0o600)
        return certificate, key

    def tls(self, certificate, key):
        return self.look(GEOCLIMATE_API__TLS__CERT_FILE=str(certificate), GEOCLIMATE_API__TLS__KEY_FILE=str(key))[0]

    def test_certificates_are_read_and_their_time_and_key_checked(self):
        good = self.certificate("good", 365)
        self.expect(self.tls(*good), api__tls__cert_file="OK", api__tls__key_file="OK")
        soon = self.certificate("soon", 5)
        self.expect(self.tls(*soon), api__tls__cert_file="WARN")
        self.expect(self.tls(good[0], soon[1]), api__tls__cert_file="OK", api__tls__key_file="FAIL")
        none = self.secret("none.pem", "no certificate")
        self.expect(self.tls(none, good[1]), api__tls__cert_file="FAIL")
        if shutil.which("faketime"):
            return
        over = self.root / "over.pem"
        subprocess.run(["openssl", "x509", "-req", "-in", self.request(good[1]), "-signkey", good[1], "-days", "-1",
                        "-out", over], check=True, capture_output=True)
        self.expect(self.tls(over, good[1]), api__tls__cert_file="FAIL")

    def request(self, key):
        request = self.root / "over.csr"
        subprocess.run(["openssl", "req", "-new", "-key", key, "-subj", "/CN=over.example", "-out", request], check=True,
                       capture_output=True)
        return request

    def test_keys_of_tokens_that_are_none_fail(self):
        def tokens(file):
            return self.look(GEOCLIMATE_AUTH__JWT__JWKS_FILE=str(file), GEOCLIMATE_AUTH__JWT__ISSUER="i",
                             GEOCLIMATE_AUTH__JWT__AUDIENCE="a")[0]

        self.expect(tokens(self.secret("jwks", "{}")), auth__jwt="FAIL")
        public = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
        self.expect(tokens(self.secret("jwks", public)), auth__jwt="OK")

    def test_a_source_needs_its_key_and_answers_when_it_is_asked(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_):
                pass

        service = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{service.server_address[1]}"
        settings = {"GEOCLIMATE_SOURCES__AIRNOW__ENABLED": "true", "GEOCLIMATE_SOURCES__AIRNOW__BASE_URL": url}
        found, _ = self.look(**settings)
        self.expect(found, sources__airnow="FAIL")
        settings["GEOCLIMATE_SOURCES__AIRNOW__KEY_FILE"] = str(self.secret("key", "a-key\n"))
        found, code = self.look(**settings)
        self.assertEqual(code, 0, found)
        self.expect(found, sources__airnow="OK")
        found, _ = self.look("--online", **settings)
        self.assertIn("answers", found["sources.airnow"]["seen"])
        service.shutdown()
        service.server_close()
        found, _ = self.look("--online", **settings)
        self.expect(found, sources__airnow="FAIL")


class ServicesTest(DoctorTest):
    def test_postgresql_right_and_wrong(self):
        postgres = PostgresServer()
        self.addCleanup(postgres.close)
        name = postgres.new_database()
        file = self.secret("url", postgres.url(name) + "\n")
        settings = {"GEOCLIMATE_DATABASE__URL_FILE": str(file)}
        found, code = self.look(**settings)
        self.assertEqual(code, 0, found)
        self.expect(found, database="OK", database__version="OK", database__schema="WARN", database__rights="OK",
                    database__connections="OK", database__clock="OK")
        run("--data-dir", self.data, "issue", environment=settings, check=False)
        found, _ = self.look(**settings)
        self.expect(found, database__schema="OK")

        found, _ = self.look(GEOCLIMATE_DATABASE__POOL__MAX_SIZE="500", **settings)
        self.expect(found, database__connections="FAIL")
        postgres.query(name, "CREATE ROLE guest LOGIN")
        guest = {"GEOCLIMATE_DATABASE__URL_FILE":
                 str(self.secret("guest", postgres.url(name).replace("geoclimate@", "guest@") + "\n"))}
        found, _ = self.look(**guest)
        self.expect(found, database__rights="FAIL")
        postgres.query(name, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        found, _ = self.look(**settings)
        self.expect(found, database__rights="FAIL")
        postgres.query("postgres", f"ALTER DATABASE {name} RESET default_transaction_read_only")
        postgres.query(name, "INSERT INTO schema_migrations SELECT 999, '0999_later', now()")
        found, _ = self.look(**settings)
        self.expect(found, database__schema="FAIL")
        postgres.query("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        latin = {"GEOCLIMATE_DATABASE__URL_FILE": str(self.secret("latin", postgres.url("latin") + "\n"))}
        found, _ = self.look(**latin)
        self.expect(found, database__encoding="FAIL")
        wrong = {"GEOCLIMATE_DATABASE__URL_FILE":
                 str(self.secret("wrong", "postgresql://geo:hunter2@127.0.0.1:1/air\n"))}
        found, _ = self.look(**wrong)
        self.expect(found, database="FAIL")
        self.assertNotIn("hunter2", json.dumps(found))

    def redis(self, *options):
        folder = tempfile.mkdtemp(dir=self.root)
        path = pathlib.Path(folder) / "redis.sock"
        process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder,
                                    *options], stdout=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.terminate(), process.wait()))
        while subprocess.run(["redis-cli", "-s", path, "ping"], capture_output=True, check=False).stdout != b"PONG\n":
            self.assertIsNone(process.poll())
        return {"GEOCLIMATE_CACHING__REDIS__ENABLED": "true",
                "GEOCLIMATE_CACHING__REDIS__URL_FILE": str(self.secret(f"redis{process.pid}", f"unix://{path}\n"))}

    def test_redis_right_and_wrong(self):
        right = self.redis("--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru")
        found, code = self.look(**right)
        self.assertEqual(code, 0, found)
        self.expect(found, redis="OK", redis__version="OK", redis__memory="OK", redis__clock="OK")
        found, _ = self.look(**self.redis("--maxmemory", "10mb", "--maxmemory-policy", "noeviction"))
        self.expect(found, redis__memory="WARN")
        right["GEOCLIMATE_CACHING__REDIS__URL_FILE"] = str(self.secret("away", "redis://:hunter2@127.0.0.1:1\n"))
        found, _ = self.look(**right)
        self.expect(found, redis="FAIL")
        self.assertNotIn("hunter2", json.dumps(found))

    def test_a_storage_that_cannot_be_reached_fails(self):
        found, _ = self.look(GEOCLIMATE_STORAGE__URL="s3://bucket/prefix", GEOCLIMATE_STORAGE__S3__ENDPOINT="http://127.0.0.1:1",
                             GEOCLIMATE_STORAGE__S3__PATH_STYLE="true", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
        self.expect(found, storage="FAIL")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
