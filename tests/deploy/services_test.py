"""The configuration of the postgres and redis StatefulSets, read by real PostgreSQL and Redis.

Usage: services_test.py PROGRAM SOURCE_DIR
"""

import hashlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

from rendering import SOURCE, settings, the

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSWORD = "three words of it"
PATIENCE = 120


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.05)


class Folder(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory(prefix="geoclimate-services-")
        self.addCleanup(self.holder.cleanup)
        self.folder = pathlib.Path(self.holder.name)

    def start(self, *command, **more):
        log = open(self.folder / "log", "a", encoding="utf-8")
        process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log, **more)
        log.close()
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process


class PostgresTest(Folder):
    def setUp(self):
        super().setUp()
        # PostgreSQL refuses to run as root.
        self.account = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        self.port = free_port()
        for name in ("archive", "socket", "etc"):
            (self.folder / name).mkdir()
        for name, text in the("default", "ConfigMap", "postgres-config")["data"].items():
            text = text.replace("/etc/postgresql/", f"{self.folder}/etc/").replace("/archive", f"{self.folder}/archive")
            (self.folder / "etc" / name).write_text(text)
        (self.folder / "password").write_text(PASSWORD)
        if self.account:
            subprocess.run(["chown", "-R", "postgres:postgres", self.folder], check=True)
        environment = {item["name"]: item.get("value") for item in
                       the("default", "StatefulSet", "postgres")["spec"]["template"]["spec"]["containers"][0]["env"]}
        self.user, self.database = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
        # As the image's entry point does it.
        subprocess.run([POSTGRES / "initdb", "--pgdata", self.folder / "data", "--username", self.user, "--pwfile",
                        self.folder / "password", *environment["POSTGRES_INITDB_ARGS"].split()], check=True,
                       capture_output=True, cwd="/", **self.account)

    def serve(self, *more):
        process = self.start(POSTGRES / "postgres", "-D", self.folder / "data", "-c",
                             f"config_file={self.folder}/etc/postgresql.conf", "-c", f"port={self.port}", "-c",
                             f"unix_socket_directories={self.folder}/socket", *more, cwd="/", **self.account)
        until(lambda: process.poll() is not None or (self.folder / f"socket/.s.PGSQL.{self.port}").exists())
        until(lambda: process.poll() is not None or subprocess.run(
            [POSTGRES / "pg_isready", "--quiet", "--host", self.folder / "socket", "--port", str(self.port)],
            check=False).returncode == 0)
        self.assertIsNone(process.poll(), (self.folder / "log").read_text())
        return process

    def psql(self, host, statement, password=PASSWORD, database=None):
        return subprocess.run(
            ["psql", "--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--host", str(host), "--port",
             str(self.port), "--username", self.user, "--dbname", database or self.database, "--command", statement],
            capture_output=True, text=True, check=False, env={**os.environ, "PGPASSWORD": password})

    def test_it_is_made_by_the_socket_entered_by_password_and_keeps_an_archive(self):
        first = self.serve("-c", "listen_addresses=")
        made = self.psql(self.folder / "socket", f"CREATE DATABASE {self.database}", database="postgres")
        self.assertEqual(made.returncode, 0, made.stderr)
        first.terminate()
        first.wait()

        self.serve()
        self.assertEqual(self.psql("127.0.0.1", "SHOW max_connections").stdout.strip(), "100")
        self.assertIn("password authentication failed", self.psql("127.0.0.1", "SELECT 1", password="wrong").stderr)
        switched = self.psql("127.0.0.1", "CREATE TABLE t AS SELECT generate_series(1, 100); SELECT pg_switch_wal()")
        self.assertEqual(switched.returncode, 0, switched.stderr)
        until(lambda: [name for name in os.listdir(self.folder / "archive") if re.fullmatch("[0-9A-F]{24}", name)])
        failed = self.psql("127.0.0.1", "SELECT failed_count FROM pg_stat_archiver").stdout.strip()
        self.assertEqual(failed, "0")


class RedisTest(Folder):
    def test_it_is_a_cache_that_lets_in_whom_the_list_names(self):
        port = free_port()
        acl = re.search(r"`user default off` and `(user geoclimate [^`]*)`", (SOURCE / "k8s/README.md").read_text())
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        (self.folder / "redis-users.acl").write_text(
            "user default off\n" + acl.group(1).replace("SHA256-OF-PASSWORD", digest) + "\n")
        text = the("default", "ConfigMap", "redis-config")["data"]["redis.conf"]
        (self.folder / "redis.conf").write_text(text.replace("/etc/redis-secrets", str(self.folder))
                                                .replace("dir /data", f"dir {self.folder}"))
        process = self.start(shutil.which("redis-server"), self.folder / "redis.conf", "--port", port, "--bind", "127.0.0.1")

        def ask(*words, user=("--user", "geoclimate", "--pass", PASSWORD, "--no-auth-warning")):
            return subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(port), *user, *words], capture_output=True,
                                  text=True, check=False).stdout.strip()

        until(lambda: process.poll() is not None or ask("PING") == "PONG")
        self.assertIsNone(process.poll(), (self.folder / "log").read_text())
        self.assertIn("NOAUTH", ask("PING", user=()))
        self.assertEqual(ask("SET", "key", "value", "PX", "60000"), "OK")
        self.assertEqual(ask("MGET", "key", "other").split("\n")[0], "value")
        for refused in (("CONFIG", "SET", "maxmemory", "1"), ("FLUSHALL",), ("SHUTDOWN",), ("ACL", "LIST")):
            self.assertIn("NOPERM", ask(*refused), refused)
        memory = dict(re.findall(r"^(\w+):(.*?)\r?$", ask("INFO", "memory"), flags=re.MULTILINE))
        expected = yaml.safe_load(settings("default"))["caching"]["redis"]["expect"]
        self.assertEqual(memory["maxmemory_policy"], expected["eviction_policy"])
        self.assertEqual((memory["maxmemory"], expected["max_memory"]), (str(1 << 30), "1gb"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
