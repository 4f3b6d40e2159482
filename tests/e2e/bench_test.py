"""`geoclimate bench` against the program's own server, a server that stalls, and one of KServe's protocol."""

import http.server
import json
import pathlib
import socket
import sys
import tempfile
import threading
import time
import unittest

from program import SOURCE, Server, run

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


def bench(*arguments, check=True):
    return run("bench", *arguments, check=check)


def measure(*arguments):
    return json.loads(bench(*arguments, "--json").stdout)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body=b"{}"):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Background:
    """An HTTP server with `handler` on a free port."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class StallingHandler(Handler):
    """Answers nobody from 1.2 s to 2.2 s after the first request."""

    first = None

    def do_GET(self):
        now = time.monotonic()
        if StallingHandler.first is None:
            StallingHandler.first = now
        since = now - StallingHandler.first
        if 1.2 <= since < 2.2:
            time.sleep(2.2 - since)
        self.answer()


class KserveHandler(Handler):
    bodies = []

    def do_GET(self):
        if self.path != "/v2/models/wind":
            self.send_error(404)
            return
        inputs = [{"name": "x", "datatype": "FP32", "shape": [-1, 3]},
                  {"name": "hour", "datatype": "INT64", "shape": [-1, 1]}]
        self.answer(json.dumps({"name": "wind", "inputs": inputs}).encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.bodies.append((self.path, body))
        self.answer()


class BenchTest(unittest.TestCase):
    def test_predictions_of_the_own_server(self):
        with Server("serve", "--model", MODEL) as server, tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder) / "latency.svg"
            said = measure(f"http://localhost:{server.port}", "--predict", "xgb_squarederror",
                           "--connections", 4, "--duration", 1, "--warm-up", 0.2,
                           "--pid", server.process.pid, "--svg", picture)
            self.assertEqual(set(said["by_status"]), {"200"})
            self.assertEqual(said["by_status"]["200"], said["succeeded"])
            self.assertGreater(said["succeeded"], 100)
            self.assertEqual((said["broken"], said["unanswered"]), (0, 0))
            self.assertEqual(sum(count for _, count in said["latency_buckets_ms"]), said["succeeded"])
            latency = said["latency_ms"]
            self.assertLessEqual(latency["p50"], latency["p99.99"])
            self.assertLessEqual(latency["p99.99"], latency["max"])
            self.assertGreater(said["cpu_seconds"], 0)
            self.assertGreater(said["resident_bytes"], 1_000_000)
            self.assertIn("</svg>", picture.read_text())
            text = bench(f"http://localhost:{server.port}/health/live", "--rate", 50, "--poisson",
                         "--duration", 1, "--warm-up", 0).stdout
            self.assertIn("a Poisson process", text)
            self.assertIn("p99.99", text)
            missing = bench(f"http://localhost:{server.port}", "--predict", "nothing", check=False)
            self.assertEqual(missing.returncode, 1)
            self.assertIn("'nothing' has no version in production", missing.stderr)

    def test_a_rate_is_kept_and_a_stall_shows_in_all_that_it_made_wait(self):
        arguments = ("--connections", 4, "--duration", 3, "--warm-up", 0)
        with Background(StallingHandler) as server:
            due = measure(server.url, "--rate", 100, *arguments)
        StallingHandler.first = None
        with Background(StallingHandler) as server:
            closed = measure(server.url, *arguments)
        self.assertEqual(due["succeeded"], 299)
        # A third was due within the stall, and the closed loop asked only four times.
        self.assertGreater(due["latency_ms"]["p90"], 300)
        self.assertLess(closed["latency_ms"]["p90"], 100)
        self.assertGreater(closed["latency_ms"]["max"], 300)

    def test_tensors_for_any_server_of_the_protocol(self):
        KserveHandler.bodies.clear()
        with Background(KserveHandler) as server:
            said = measure(server.url, "--kserve", "wind", "--rows", 5, "--connections", 2,
                           "--duration", 0.5, "--warm-up", 0)
            missing = bench(server.url, "--kserve", "rain", check=False)
        self.assertEqual(said["rows_per_request"], 5)
        path, body = KserveHandler.bodies[0]
        self.assertEqual(path, "/v2/models/wind/infer")
        self.assertEqual([(one["name"], one["shape"], len(one["data"])) for one in body["inputs"]],
                         [("x", [5, 3], 15), ("hour", [5, 1], 5)])
        self.assertNotEqual(body, KserveHandler.bodies[-1][1])
        self.assertEqual(missing.returncode, 1)
        self.assertIn("/v2/models/rain answers 404", missing.stderr)

    def test_bodies_of_a_file(self):
        with Background(KserveHandler) as server, tempfile.NamedTemporaryFile("w") as bodies:
            bodies.write('{"n":1}\n\n{"n":2}\n')
            bodies.flush()
            KserveHandler.bodies.clear()
            measure(server.url + "/echo", "--body", bodies.name, "--connections", 1,
                    "--duration", 0.3, "--warm-up", 0)
        self.assertEqual({body["n"] for _, body in KserveHandler.bodies}, {1, 2})

    def test_what_cannot_be_asked_is_said(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            dead = f"http://127.0.0.1:{free.getsockname()[1]}"
        for arguments, code, words in [
                ((dead,), 1, "is a server listening there?"),
                (("ftp://127.0.0.1",), 2, "does not begin with http://"),
                (("http://example.org",), 2, "is not an IPv4 address"),
                (("http://127.0.0.1:99999",), 2, "has no port"),
                ((dead, "--connections", "0"), 2, "0 connections"),
                ((dead, "--body", "/nowhere"), 1, "/nowhere")]:
            with self.subTest(arguments=arguments):
                result = bench(*arguments, check=False)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
