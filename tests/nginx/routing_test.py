"""What a client sees of the balancer: limits, errors, identity, compression, buffering, the way to the servers.

Usage: routing_test.py PROGRAM SOURCE_DIR
"""

import contextlib
import gzip
import http.client
import json
import pathlib
import re
import socket
import sys
import unittest

from balancer import PATIENCE, Balancer, Pool, wait_until
import tokens
from program import Answer, scratch

ERROR = {"error", "detail", "code", "request_id", "timestamp"}
JSON = {"Content-Type": "application/json"}
ROW = json.dumps({"data": {}})


def batch(rows):
    return '{"data":[' + ",".join(["{}"] * rows) + "]}"


class RoutingTest(unittest.TestCase):
    """Two servers; clients are not limited."""

    LIMITED = False

    @classmethod
    def setUpClass(cls):
        cls.pool = cls.enterClassContext(Pool(2))
        cls.balancer = cls.enterClassContext(Balancer(cls.pool, limited=cls.LIMITED))

    def assert_error(self, answer, status, code):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/json")
        body = answer.json()
        self.assertEqual(set(body), ERROR)
        self.assertEqual(body["code"], code)
        self.assertEqual(body["error"], body["detail"])
        self.assertEqual(body["request_id"], answer.headers["x-request-id"])
        self.assertRegex(body["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)$")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        return body

    def raw(self, request):
        with socket.create_connection(("127.0.0.1", self.balancer.port), timeout=PATIENCE) as client:
            client.sendall(request)
            response = http.client.HTTPResponse(client)
            response.begin()
            return response.status, response.read()


class AnswersTest(RoutingTest):
    def test_predictions_pass_with_identity_and_headers_for_browsers(self):
        answer = self.balancer.request("POST", "/predict", ROW, {**JSON, "X-Request-Id": "mine-1"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("prediction", answer.json())
        self.assertEqual(answer.headers["x-request-id"], "mine-1")
        self.assertIn("x-process-time", answer.headers)
        self.assertEqual(answer.headers["x-frame-options"], "DENY")
        self.assertEqual(answer.headers["content-security-policy"],
                         "default-src 'none'; frame-ancestors 'none'")
        self.assertEqual(answer.headers["server"], "nginx")
        self.assertNotIn("strict-transport-security", answer.headers)

    def test_an_insane_identity_is_replaced(self):
        answer = self.balancer.request("GET", "/health/live", headers={"X-Request-Id": 'a"b'})
        self.assertRegex(answer.headers["x-request-id"], "^[0-9a-f]{32}$")
        self.assertEqual(self.balancer.line(answer)["path"], "/health/live")

    def test_the_documentation_keeps_its_own_policy(self):
        answer = self.balancer.get("/docs")
        self.assertEqual(answer.status, 200)
        self.assertIn("style-src", answer.headers["content-security-policy"])
        self.assertNotIn("frame-ancestors", answer.headers["content-security-policy"])

    def test_errors_of_the_balancer_have_the_platforms_form(self):
        self.assert_error(self.balancer.get("/nowhere"), 404, "NOT_FOUND")
        wrong = self.balancer.request("DELETE", "/predict")
        self.assert_error(wrong, 405, "UNIMPLEMENTED")
        self.assertEqual(wrong.headers["allow"], "POST, OPTIONS")
        self.assertEqual(self.balancer.request("PUT", "/models").headers["allow"],
                         "GET, HEAD, OPTIONS")
        named = self.balancer.request("GET", "/nowhere", headers={"X-Request-Id": "mine-2"})
        self.assertEqual(named.json()["request_id"], "mine-2")
        long = self.balancer.request("GET", "/health", headers={"X-Long": "x" * 20000})
        self.assert_error(long, 431, "INVALID_ARGUMENT")

    def test_malformed_requests_are_400(self):
        for request in (b"GET /health HTTP/1.1\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
                        b"\x16\x03\x01\x02\x00\x01\r\n\r\n"):
            with self.subTest(request=request):
                status, body = self.raw(request)
                self.assertEqual(status, 400)
                self.assertEqual(json.loads(body)["code"], "INVALID_ARGUMENT")

    def test_errors_of_the_servers_pass_as_they_are(self):
        answer = self.balancer.post("/predict", {"data": {"nothing": 1}})
        self.assertEqual(answer.status, 422)
        self.assertIn("errors", answer.json())
        self.assertEqual(self.balancer.get("/models/none").status, 404)

    def test_preflights_reach_the_server(self):
        answer = self.balancer.request("OPTIONS", "/predict")
        self.assertEqual((answer.status, answer.headers["allow"]), (204, "POST, OPTIONS"))

    def test_the_servers_see_the_client_and_not_what_it_writes(self):
        # The servers refuse forwarding fields of addresses that they do not trust: none comes through.
        headers = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=1.2.3.4", "X-Real-IP": "1.2.3.4"}
        answer = self.balancer.request("GET", "/health", headers=headers)
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.balancer.line(answer)["client"], "203.0.113.7")

    def test_other_names_of_the_host_are_refused_by_the_servers(self):
        self.assertEqual(self.balancer.request("GET", "/health", headers={"Host": "evil.example"}).status,
                         403)

    def test_a_deadline_goes_with_each_request(self):
        expired = self.balancer.request("POST", "/predict", ROW, {**JSON, "X-Request-Timeout-Ms": "0"})
        self.assertEqual(expired.status, 504)
        self.assertEqual(expired.json()["code"], "DEADLINE_EXCEEDED")
        # It says so itself, and no other server is asked.
        self.assertEqual(len(self.balancer.line(expired)["tried"]), 1)
        later = self.balancer.request("POST", "/predict", ROW,
                                      {**JSON, "X-Request-Timeout-Ms": "100000"})
        self.assertEqual(later.status, 200)

    def test_the_status_page_is_elsewhere(self):
        self.assertEqual(self.balancer.get("/status").status, 404)
        page = self.balancer.request("GET", "/status", port=self.balancer.status_port).body.decode()
        self.assertIn("Active connections:", page)
        self.assertEqual(
            self.balancer.request("GET", "/health", port=self.balancer.status_port).status, 404)


class CompressionTest(RoutingTest):
    def ask(self, **headers):
        return self.balancer.get("/openapi.json", **headers)

    def test_what_the_servers_compress_passes_as_it_is(self):
        plain, packed = self.ask(), self.ask(Accept_Encoding="gzip")
        self.assertNotIn("content-encoding", plain.headers)
        self.assertEqual(packed.headers["content-encoding"], "gzip")
        self.assertEqual(packed.body, plain.body)
        direct = self.pool.servers[0].get("/openapi.json", Accept_Encoding="gzip")
        self.assertEqual(packed.headers["content-length"], direct.headers["content-length"])
        self.assertEqual(packed.headers.get("etag"), direct.headers.get("etag"))
        self.assertIn("Accept-Encoding", plain.headers["vary"])

    def test_the_balancer_compresses_what_the_servers_do_not(self):
        with Pool(1, environment={"GEOCLIMATE_API__GZIP__ENABLED": "false"}) as pool:
            with Balancer(pool) as balancer:
                plain = pool.servers[0].get("/openapi.json", Accept_Encoding="gzip")
                self.assertNotIn("content-encoding", plain.headers)
                packed = balancer.get("/openapi.json", Accept_Encoding="gzip")
                self.assertEqual(packed.headers["content-encoding"], "gzip")
                self.assertEqual(packed.body, plain.body)
                self.assertIn("Accept-Encoding", packed.headers["vary"])
                short = balancer.get("/health/live", Accept_Encoding="gzip")
                self.assertNotIn("content-encoding", short.headers)

    def test_compressed_requests_pass(self):
        answer = self.balancer.request("POST", "/predict", gzip.compress(ROW.encode()),
                                       {**JSON, "Content-Encoding": "gzip"})
        self.assertEqual(answer.status, 200)


class BodiesTest(RoutingTest):
    def test_long_bodies_pass_up_to_the_servers_limit(self):
        # Longer than what NGINX keeps in memory.
        body = batch(10000) + " " * (8 << 20)
        answer = self.balancer.request("POST", "/predict/batch", body, JSON)
        self.assertEqual(answer.status, 200, answer.body[:300])
        self.assertEqual(len(answer.json()["predictions"]), 10000)

    def test_longer_ones_are_413(self):
        # Announced only: nothing of it has to be sent to be refused.
        status, body = self.raw(b"POST /predict/batch HTTP/1.1\r\nHost: localhost\r\n"
                                b"Content-Type: application/json\r\nContent-Length: 20000000\r\n\r\n")
        self.assertEqual(status, 413)
        self.assertEqual(json.loads(body)["code"], "RESOURCE_EXHAUSTED")


class BufferingTest(unittest.TestCase):
    ROWS = 400_000

    def test_a_client_that_reads_nothing_holds_no_server(self):
        environment = {"GEOCLIMATE_SERVING__BATCH__MAX_SIZE": "1000000"}
        with Pool(1, environment=environment) as pool, Balancer(pool) as balancer:
            body = batch(self.ROWS)
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.settimeout(PATIENCE)
                client.connect(("127.0.0.1", balancer.port))
                client.sendall(b"POST /predict/batch HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Type: application/json\r\nConnection: close\r\n"
                               b"Content-Length: %d\r\n\r\n" % len(body) + body.encode())
                first = client.recv(1)  # the answer has begun
                # The server ends with nothing to wait for, while nothing more has been read of it.
                pool.servers[0].terminate()
                self.assertEqual(pool.servers[0].wait(), 0)
                self.assertNotIn("cut off", pool.servers[0].stderr())
                response = http.client.HTTPResponse(Rest(client, first))
                response.begin()
                answer = json.loads(response.read())
            self.assertEqual(len(answer["predictions"]), self.ROWS)

    def test_a_client_that_sends_slowly_holds_no_server(self):
        with Pool(1) as pool, Balancer(pool) as balancer:
            def in_progress():
                return pool.metric(0, "http_requests_in_progress")

            idle = in_progress()
            half = (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n{" % len(ROW))
            # Straight to the server it is a request in progress.
            with socket.create_connection(("127.0.0.1", pool.ports[0][0])) as direct:
                direct.sendall(half)
                wait_until(lambda: in_progress() == idle + 1, "the server holds half a request")
                direct.sendall(ROW[1:].encode())
                self.assertTrue(direct.recv(1))
            self.assertEqual(in_progress(), idle)
            with socket.create_connection(("127.0.0.1", balancer.port), timeout=PATIENCE) as client:
                client.sendall(half)
                # NGINX has it: another request on another connection has been answered since.
                wait_until(lambda: "Reading: 0 Writing: 2" in self.status(balancer), "NGINX reads")
                self.assertEqual(balancer.predict().status, 200)
                self.assertEqual(in_progress(), idle)
                client.sendall(ROW[1:].encode())
                response = http.client.HTTPResponse(client)
                response.begin()
                self.assertEqual(response.status, 200)

    def status(self, balancer):
        return balancer.request("GET", "/status", port=balancer.status_port).body.decode()


class Rest:
    """What http.client wants of a socket, with the bytes that were read before."""

    def __init__(self, client, first):
        self.client, self.first = client, first

    def makefile(self, *_):
        stream = self.client.makefile("rb")
        first = self.first

        class Joined:
            def __init__(self):
                self.pending = first

            def _take(self, read, *arguments):
                pending, self.pending = self.pending, b""
                return pending + read(*arguments)

            def readline(self, limit=-1):
                return self._take(stream.readline, limit - len(self.pending) if limit > 0 else limit)

            def read(self, *arguments):
                return self._take(stream.read, *arguments)

            def readinto(self, buffer):
                return stream.readinto(buffer)

            def flush(self):
                pass

            def close(self):
                stream.close()

        return Joined()


class KeepAliveTest(unittest.TestCase):
    REQUESTS = 300

    def connections(self, port):
        """Of the balancer to a server's port, open or just closed by it."""
        found = set()
        # The file shows a row several times when others change meanwhile.
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            local, remote, state = line.split()[1:4]
            if int(remote.split(":")[1], 16) == port and state in ("01", "06"):
                found.add(local)
        return len(found)

    def test_requests_share_connections_to_the_servers(self):
        with Pool(2) as pool, Balancer(pool) as balancer:
            for _ in range(self.REQUESTS):
                self.assertEqual(balancer.predict().status, 200)
            made = sum(self.connections(port) for port, _ in pool.ports)
            # One of each worker to each server; without keepalive there were as many as requests.
            self.assertLessEqual(made, 4)
            self.assertGreaterEqual(made, 2)
            answered = [pool.metric(index, "http_requests_total") for index in (0, 1)]
            self.assertGreaterEqual(sum(answered), self.REQUESTS)


class LimitsTest(RoutingTest):
    """Callers from elsewhere, who show a token: nobody whom a proxy names counts as a caller of the servers' machine."""

    LIMITED = True
    SECRET = b"a secret that is longer than 32 bytes"

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(scratch())
        secret = pathlib.Path(folder) / "secret"
        secret.write_bytes(cls.SECRET)
        cls.pool = cls.enterClassContext(Pool(2, environment={
            "GEOCLIMATE_API__RATE_LIMITING__ENABLED": "false",
            "GEOCLIMATE_AUTH__JWT__ALGORITHMS": "[HS256]",
            "GEOCLIMATE_AUTH__JWT__KEY_FILE": str(secret),
            "GEOCLIMATE_AUTH__JWT__ISSUER": tokens.ISSUER,
            "GEOCLIMATE_AUTH__JWT__AUDIENCE": tokens.AUDIENCE}))
        cls.balancer = cls.enterClassContext(Balancer(cls.pool, limited=cls.LIMITED))

    def burst(self, method, target, count, client, body=""):
        """Answers to `count` requests, all sent before the first answer is read: only NGINX's speed counts."""
        shown = tokens.token(tokens.Secret(self.SECRET), tokens.claims())
        request = (f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\nAuthorization: Bearer {shown}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        with contextlib.ExitStack() as stack:
            callers = [stack.enter_context(socket.create_connection(
                ("127.0.0.1", self.balancer.port), timeout=PATIENCE)) for _ in range(count)]
            for caller in callers:
                caller.sendall(request.encode())
            answers = []
            for caller in callers:
                response = http.client.HTTPResponse(caller)
                response.begin()
                answers.append(Answer(response))
        return answers

    def divide(self, answers):
        passed = [answer for answer in answers if answer.status == 200]
        refused = [answer for answer in answers if answer.status == 429]
        self.assertEqual(len(passed) + len(refused), len(answers))
        return passed, refused

    def test_predictions_over_the_limit_are_429_with_retry_after(self):
        passed, refused = self.divide(self.burst("POST", "/predict", 400, "198.51.100.1", ROW))
        # A second's worth goes through at once.
        self.assertGreater(len(passed), 50)
        self.assertGreater(len(refused), 0)
        self.assert_error(refused[0], 429, "RESOURCE_EXHAUSTED")
        self.assertEqual(refused[0].headers["retry-after"], "1")

    def test_reads_have_twice_the_limit_of_predictions(self):
        passed, refused = self.divide(self.burst("GET", "/health/live", 800, "198.51.100.2"))
        self.assertGreater(len(passed), 100)
        self.assertGreater(len(refused), 0)
        self.assertEqual(refused[0].headers["retry-after"], "1")

    def test_a_client_has_a_limit_of_its_own(self):
        _, refused = self.divide(self.burst("POST", "/predict", 400, "198.51.100.3", ROW))
        self.assertGreater(len(refused), 0)
        passed, _ = self.divide(self.burst("POST", "/predict", 20, "198.51.100.4", ROW))
        self.assertEqual(len(passed), 20)

    def test_the_limits_are_those_of_the_contract(self):
        rates = dict(re.findall(r"zone=(\w+)_by_client:\w+ rate=(\d+)r/s",
                                (self.balancer.configuration / "limits.conf").read_text()))
        self.assertEqual(rates, {"api": "100", "predictions": "50"})


class TrustTest(RoutingTest):
    def test_a_field_of_an_untrusted_proxy_names_no_client(self):
        site = {"http.conf": "access_log access.log api;\nreal_ip_header X-Forwarded-For;\n"
                             "geo $is_unlimited { default 1; }\n"}
        with Balancer(self.pool, site=site) as balancer:
            answer = balancer.request("GET", "/health", headers={"X-Forwarded-For": "203.0.113.9"})
            self.assertEqual(answer.status, 200)
            self.assertEqual(balancer.line(answer)["client"], "127.0.0.1")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
