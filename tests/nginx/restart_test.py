"""Nothing is lost while servers are restarted one after the other, while models change and while NGINX is reloaded.

Usage: restart_test.py PROGRAM SOURCE_DIR

RESTART_REQUESTS requests are asked for in each part, at RESTART_RATE a second (0: as fast as they are answered), and the
change is made again and again until the last of them is answered.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from balancer import PATIENCE, SOURCE, Balancer, Pool, wait_until
from callers import Callers
from program import PROGRAM, run, scratch

REQUESTS = int(os.environ.get("RESTART_REQUESTS", "20000"))
RATE = float(os.environ.get("RESTART_RATE", "0"))
NAME = "tree"
FILES = ("xgb_forest.json", "xgb_lossguide.ubj")
QUIET = ("access_log off;\nset_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n"
         "geo $is_unlimited { default 1; }\n")


class Load:
    """`geoclimate bench` again and again until so many requests have been answered; every one counts."""

    SECONDS = 4  # of a piece

    def __init__(self, balancer):
        self.balancer = balancer
        self.asked = 0
        self.by_status = {}
        self.broken = 0  # the connection ended before the answer
        self.unanswered = 0  # for PATIENCE
        self.process = None
        self.began = time.monotonic()

    def is_running(self):
        """Starts the next piece when there is one to start."""
        if self.process is not None and self.process.poll() is None:
            return True
        if self.process is not None:
            self._count()
        if self.asked >= REQUESTS:
            return False
        self._start()
        return True

    def _start(self):
        arguments = ["--connections", "32", "--warm-up", "0", "--timeout", str(PATIENCE), "--json",
                     "--duration", str(self.SECONDS), *(["--rate", str(RATE)] if RATE else [])]
        self.process = subprocess.Popen(
            [PROGRAM, "bench", f"http://127.0.0.1:{self.balancer.port}", "--predict", NAME, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _count(self):
        said, errors = self.process.communicate()
        self.process = None
        if not said:
            raise AssertionError(f"bench: {errors}")
        report = json.loads(said)
        for status, count in report["by_status"].items():
            self.by_status[status] = self.by_status.get(status, 0) + count
        self.broken += report["broken"]
        self.unanswered += report["unanswered"]
        self.asked = sum(self.by_status.values()) + self.broken + self.unanswered

    def __enter__(self):
        self.is_running()
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


class RestartTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = scratch()
        cls.addClassCleanup(folder.cleanup)
        cls.data = pathlib.Path(folder.name) / "data"
        cls.versions = []
        for file in FILES:
            made = run("--data-dir", cls.data, "models", "import", "--json", "--name", NAME,
                       SOURCE / "tests/golden/models" / file)
            cls.versions.append(json.loads(made.stdout)["model_id"])
        cls.promote(cls.versions[0])

    @classmethod
    def promote(cls, version):
        run("--data-dir", cls.data, "models", "promote", version, "--stage", "production",
            "--override-gate")

    def setUp(self):
        self.pool = self.enterContext(Pool(3, "--data-dir", self.data, "serve"))
        self.balancer = self.enterContext(Balancer(self.pool, site={"http.conf": QUIET}))

    def answered(self, index):
        server = self.pool.servers[index]
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith("http_requests_total{") and 'endpoint="/predict"' in line)

    def assert_nothing_lost(self, load):
        print(f"{self.id().rsplit('.', 1)[1]}: {load.by_status}, {load.broken} broken, "
              f"{load.unanswered} unanswered in {time.monotonic() - load.began:.0f} s", flush=True)
        self.assertEqual(set(load.by_status), {"200"})
        self.assertEqual((load.broken, load.unanswered), (0, 0))
        self.assertGreaterEqual(load.by_status["200"], REQUESTS)

    def served(self, index):
        answer = self.pool.servers[index].post("/predict", {"data": {}, "model_name": NAME})
        return answer.json()["model_id"]

    def test_a_rolling_restart_with_other_settings_loses_no_request(self):
        restarts = 0
        with Load(self.balancer) as load:
            while load.is_running() or restarts < 3:
                index = restarts % 3
                server = self.pool.servers[index]
                server.terminate()
                self.assertEqual(server.wait(), 0)
                self.assertNotIn("cut off", server.stderr())
                compresses = restarts // 3 % 2 == 1
                self.pool.restart(index, GEOCLIMATE_API__GZIP__ENABLED=json.dumps(compresses))
                answer = self.pool.servers[index].get("/openapi.json", Accept_Encoding="gzip")
                self.assertEqual("content-encoding" in answer.headers, compresses)
                # The next one only when this one does its part again.
                wait_until(lambda: not load.is_running() or self.answered(index) > 10,
                           "it gets requests again")
                restarts += 1
        print(f"{restarts} restarts", flush=True)
        self.assert_nothing_lost(load)

    def test_a_rolling_restart_loses_no_grpc_call(self):
        with Callers(self.balancer, grpc_model=NAME) as callers:
            callers.wait_for(50)
            for restart in range(6):
                index = restart % 3
                self.pool.servers[index].terminate()
                self.assertEqual(self.pool.servers[index].wait(), 0)
                self.pool.restart(index)
                wait_until(lambda: self.pool.metric(index, "nv_inference_request_success") > 10,
                           "it gets calls again")
        print(f"gRPC: {callers.answered} answered, lost {callers.lost()}", flush=True)
        self.assertEqual(callers.lost(), [])

    def test_a_change_of_the_model_loses_no_request(self):
        changes = 0
        with Load(self.balancer) as load:
            while load.is_running() or changes < 2:
                changes += 1
                version = self.versions[changes % 2]
                self.promote(version)
                for index in range(3):
                    wait_until(lambda: self.served(index) == version, "it serves the version")
        print(f"{changes} changes", flush=True)
        self.assert_nothing_lost(load)

    def test_a_reload_of_nginx_loses_no_request(self):
        # Before 1.27.4 it closes the idle connections of its clients, and one of these may just have been used.
        keeps = Balancer.version() >= (1, 27, 4)
        if keeps:
            site = self.balancer.configuration / "site/http.conf"
            site.write_text(site.read_text() + "keepalive_min_timeout 5s;\n")
            self.balancer.reload()
        body = json.dumps({"data": {}, "model_name": NAME})
        reloads = 0
        with Callers(self.balancer, count=16, body=body, resends=not keeps) as callers:
            while callers.answered < REQUESTS / 4 or reloads < 3:
                callers.wait_for(100)
                reloads += 1
                # A change that callers see.
                headers = self.balancer.configuration / "headers.conf"
                text = re.sub(r"add_header X-Reload .*\n", "", headers.read_text())
                headers.write_text(f"{text}add_header X-Reload {reloads} always;\n")
                self.balancer.reload()
                wait_until(lambda: self.balancer.get("/health").headers.get("x-reload") == str(reloads),
                           "it has the new configuration")
        print(f"{reloads} reloads, {callers.answered} answered, {callers.resent} sent again", flush=True)
        self.assertEqual(callers.lost(), [])
        if keeps:
            self.assertEqual(callers.resent, 0)

    def test_a_wrong_configuration_changes_nothing(self):
        with Callers(self.balancer, body=json.dumps({"data": {}, "model_name": NAME})) as callers:
            callers.wait_for(50)
            before = self.balancer.workers()
            (self.balancer.configuration / "limits.conf").write_text("nonsense;\n")
            self.assertNotEqual(self.balancer.check().returncode, 0)
            self.balancer.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "nonsense" in self.balancer.error_log(), "it has said what is wrong")
            callers.wait_for(50)
            self.assertEqual(self.balancer.workers(), before)
        self.assertEqual(callers.lost(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
