"""Attacks on the running program: smuggling, slow and idle connections, bombs, paths, web pages, and what must be told.

Usage: security_test.py PROGRAM SOURCE_DIR
"""

import codecs
import gzip
import json
import pathlib
import re
import resource
import socket
import sys
import time
import unittest

from program import PATIENCE, SOURCE, Server, run, scratch

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"
GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def setUpModule():
    global SERVER
    SERVER = Server("serve", "--model", MODEL, environment={"GEOCLIMATE_API__WORKERS": "2"})


def tearDownModule():
    SERVER.__exit__()


def connect():
    return socket.create_connection(("127.0.0.1", SERVER.port), timeout=PATIENCE)


def exchange(data):
    """What comes back until the server closes; the sending side stays open for a moment, as an attacker's would."""
    received = b""
    with connect() as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            pass
    return received


def statuses(answers):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


class SmugglingTest(unittest.TestCase):
    HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def refused(self, head, body=b""):
        """One answer, a refusal, and nothing of what stands behind is taken for a request."""
        with self.subTest(head=head, body=body[:40]):
            got = statuses(exchange(head + body + self.HIDDEN))
            self.assertEqual(len(got), 1, got)
            self.assertIn(got[0], (400, 413, 431, 501, 505))

    def test_what_two_parsers_could_read_in_two_ways_is_refused(self):
        post = b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"
        chunk = b"5\r\nhello\r\n0\r\n\r\n"
        for fields in (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                       b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                       b"Content-Length: 5\r\nContent-Length: 6\r\n",
                       b"Content-Length: 5\r\nContent-Length: 5\r\n",
                       b"Content-Length: 5, 5\r\n",
                       b"Content-Length: +5\r\n", b"Content-Length: 0x5\r\n", b"Content-Length: -1\r\n",
                       b"Content-Length : 5\r\n", b"Content-Length: 5\r\n 5\r\n",
                       b"Transfer-Encoding: chunked, identity\r\n", b"Transfer-Encoding: xchunked\r\n",
                       b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding : chunked\r\n",
                       b"Transfer-Encoding:\r\n chunked\r\n",
                       b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                       b"X: y\nContent-Length: 5\r\n", b"X: y\rContent-Length: 5\r\n",
                       b"X: y\x00\r\n", b"Host: evil\r\n"):
            self.refused(post + fields + b"\r\n", chunk)
        for chunks in (b"5\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
                       b"5\r\nhello0\r\n\r\n", b"5;" + b"x" * 70_000 + b"\r\nhello\r\n0\r\n\r\n",
                       b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n-1\r\n\r\n"):
            self.refused(post + b"Transfer-Encoding: chunked\r\n\r\n", chunks)

    def test_a_chunk_extension_hides_nothing(self):
        got = exchange(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"b;a=\"b\"\r\n{\"data\":{}}\r\n0\r\n\r\n" + GET)
        self.assertEqual(statuses(got), [200, 200], got)

    def test_every_message_of_the_golden_files_leaves_the_server_answering(self):
        files = sorted((SOURCE / "tests/golden/http").glob("*.txt"))
        self.assertGreater(len(files), 50)
        for file in files:
            message = file.read_bytes().split(b"---\n", 1)[-1].replace(b"\n", b"")
            exchange(codecs.escape_decode(message)[0])
        self.assertEqual(SERVER.get("/health/live").status, 200)


class SlowTest(unittest.TestCase):
    def test_slow_senders_are_ended_and_hold_nobody_up(self):
        slow = [connect() for _ in range(200)]
        bodies = [connect() for _ in range(50)]
        self.addCleanup(lambda: [connection.close() for connection in slow + bodies])
        for connection in bodies:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        for connection in slow:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: ")
        ended = set()
        until = time.monotonic() + PATIENCE
        while len(ended) < len(slow) and time.monotonic() < until:
            for connection in slow:
                try:
                    connection.sendall(b"x")
                except OSError:
                    ended.add(connection)
            self.assertEqual(SERVER.get("/health/live").status, 200)
            time.sleep(0.25)
        self.assertEqual(len(ended), len(slow))

    def test_ten_thousand_idle_connections_leave_room_for_requests(self):
        wanted = 10_000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < wanted + 1000:
            self.skipTest(f"this system allows {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted + 2000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with Server("serve", "--model", MODEL) as server:
            before = memory(server)
            idle = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
                    for _ in range(wanted)]
            try:
                # One request on each of some, so that they are idle and not only new.
                for connection in idle[::100]:
                    connection.sendall(GET)
                    self.assertIn(b"200 OK", connection.recv(65536))
                for _ in range(20):
                    self.assertEqual(server.post("/predict", {"data": {}}).status, 200)
                metrics = server.request("GET", "/metrics", port=server.metrics_port).body
                open_now = int(re.search(rb"^http_connections (\d+)", metrics, re.M).group(1))
                self.assertGreaterEqual(open_now, wanted)
                self.assertLess((memory(server) - before) / wanted, 4096)
            finally:
                for connection in idle:
                    connection.close()
            self.assertEqual(server.get("/health/live").status, 200)


def memory(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")))


class BodiesTest(unittest.TestCase):
    def test_a_bomb_is_refused_before_it_is_inflated(self):
        before = memory(SERVER)
        for bomb in (gzip.compress(bytes(1 << 28)), gzip.compress(gzip.compress(bytes(1 << 28)))):
            answer = SERVER.request("POST", "/predict", bomb, {"Content-Encoding": "gzip",
                                                               "Content-Type": "application/json"})
            self.assertIn(answer.status, (413, 422))
        self.assertLess(memory(SERVER) - before, 64 << 20)

    def test_deep_and_wide_bodies_are_refused(self):
        for body in ("[" * 100_000, '{"data":' * 50_000, '{"data":{' + '"a":1,' * 100_000 + '"b":2}}'):
            answer = SERVER.post("/predict", body)
            self.assertIn(answer.status, (413, 422))


class PathsTest(unittest.TestCase):
    def test_no_path_leads_to_a_file(self):
        for path in ("/../../etc/passwd", "/docs/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/..%2f..%2fetc%2fpasswd", "/models/..%2f..%2fetc%2fpasswd", "/models/%2e%2e/x",
                     "/models/%00", "/models/x%00.json", "//etc/passwd", "/docs/%c0%ae%c0%ae/", "/\\..\\..\\etc"):
            with self.subTest(path):
                answers = exchange(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                self.assertIn(statuses(answers)[0], (400, 404, 422))
                self.assertNotIn(b"root:", answers)


class WebPagesTest(unittest.TestCase):
    def test_a_name_that_resolves_here_is_not_this_server(self):
        for host in ("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", ""):
            with self.subTest(host):
                self.assertEqual(SERVER.request("GET", "/models", headers={"Host": host}).status, 403)

    def test_pages_of_other_sites_get_nothing(self):
        for origin in ("https://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example"):
            with self.subTest(origin):
                for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
                    answer = SERVER.request("POST", "/predict", '{"data":{}}',
                                            {"Origin": origin, "Content-Type": content_type})
                    self.assertEqual(answer.status, 403)
                    self.assertNotIn("access-control-allow-origin", answer.headers)
                preflight = SERVER.request("OPTIONS", "/predict", headers={
                    "Origin": origin, "Access-Control-Request-Method": "POST"})
                self.assertNotIn("access-control-allow-origin", preflight.headers)

    def test_allowed_pages_are_told_so_by_name_and_without_credentials(self):
        with Server("serve", "--model", MODEL, environment={
                "GEOCLIMATE_API__CORS__ORIGINS": "[https://map.example]"}) as server:
            answer = server.get("/models", Origin="https://map.example")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["access-control-allow-origin"], "https://map.example")
            self.assertIn("Origin", answer.headers["vary"])
            self.assertNotIn("access-control-allow-credentials", answer.headers)
            self.assertEqual(server.get("/models", Origin="https://map.example.evil").status, 403)


class AuditTest(unittest.TestCase):
    def test_every_change_stands_in_the_audit_with_who_and_how_it_ended(self):
        with scratch() as folder:
            data = pathlib.Path(folder) / "data"
            data.mkdir()
            run("--data-dir", data, "models", "import", MODEL, "--name", "m", "--reason", "first")
            model = json.loads(run("--data-dir", data, "models", "list", "--json").stdout)
            model_id = (model[0] if isinstance(model, list) else model)["model_id"]
            key = json.loads(run("--data-dir", data, "keys", "create", "--name", "ops", "--scopes", "admin",
                                 "--json").stdout)["key"]
            with Server("--data-dir", data, "serve") as server:
                def manage(method, target, body=None):
                    return server.request(method, target, body, {"X-API-Key": key, "X-Request-Id": "r-7"},
                                          port=server.management_port)

                self.assertEqual(manage("POST", f"/models/{model_id}/promote?new_stage=staging&reason=try").status, 200)
                self.assertEqual(manage("POST", "/models/nothing/promote?new_stage=staging").status, 404)
                self.assertEqual(manage("DELETE", "/admin/cache").status, 200)
                records = manage("GET", "/admin/audit").json()
                page = manage("GET", f"/admin/audit?limit=1&before={records[0]['id']}").json()
                self.assertEqual([record["id"] for record in page], [records[1]["id"]])
            seen = [(record["action"], record["outcome"]) for record in reversed(records)]
            self.assertEqual(seen, [("model.import", "started"), ("model.import", "done"),
                                    ("key.create", "started"), ("key.create", "done"),
                                    ("model.promote", "started"), ("model.promote", "done"),
                                    ("model.promote", "started"), ("model.promote", "NOT_FOUND"),
                                    ("cache.clear", "started"), ("cache.clear", "done")])
            promoted = records[-6]
            self.assertEqual((promoted["subject"], promoted["from"], promoted["reason"]), (model_id, "dev", "try"))
            self.assertEqual((promoted["request_id"], promoted["address"]), ("r-7", "127.0.0.1"))
            self.assertIn(key[:12], promoted["actor"])
            self.assertNotIn(key[12:], json.dumps(records))
            self.assertIn("key.create", run("--data-dir", data, "audit").stdout)


class SecretsTest(unittest.TestCase):
    def test_settings_have_names_of_files_and_say_nothing_of_what_is_in_them(self):
        with scratch() as folder:
            secret = pathlib.Path(folder) / "secret"
            secret.write_text("hunter2 hunter2 hunter2 hunter2 hunter2")
            environment = {"GEOCLIMATE_AUTH__JWT__KEY_FILE": str(secret),
                           "GEOCLIMATE_AUTH__JWT__ISSUER": "i", "GEOCLIMATE_AUTH__JWT__AUDIENCE": "a"}
            shown = run("config", "show", environment=environment)
            self.assertIn(str(secret), shown.stdout)
            self.assertNotIn("hunter2", shown.stdout + shown.stderr)
            with Server("serve", "--model", MODEL, environment=environment) as server:
                self.assertEqual(server.get("/models", Authorization="Bearer hunter2.hunter2.hunter2").status, 401)
                server.terminate()
                server.wait()
                self.assertNotIn("hunter2", server.summary + server.stderr())

    def test_a_secret_in_the_settings_stops_the_start(self):
        with scratch() as folder:
            file = pathlib.Path(folder) / "settings.yaml"
            for text in ("auth:\n  jwt:\n    secret: hunter2\n", "auth:\n  jwt:\n    key: hunter2\n"):
                file.write_text(text)
                result = run("--config", file, "serve", "--model", MODEL, check=False)
                self.assertEqual(result.returncode, 2)
                self.assertIn("unknown key", result.stderr)
                self.assertNotIn("hunter2", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
