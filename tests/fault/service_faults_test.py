"""PostgreSQL, Redis and S3 are harmed while thousands of requests a second are answered, each compared with the right answer.

One installation lives through everything: a server under load, another one on the same services, all of them real. In each
cell (a service, a fault) there is load in quiet first, then under the fault, then after it, while others post observations.
Whatever happens: no wrong answer, no other status than 200 for predictions and forecasts, every acknowledged observation is
there once and none in part, and everything works again by itself.

The 99th percentile after the breaker has opened (under the whole fault where it need not open) is held against three times
that of the quiet phase just before, of each kind of request. A busy machine is quiet by chance and busy by chance: below
FLOOR_MS nothing counts as slow, and a cell fails only when it was slow in each of TRIES runs, against the quietest of them. That is in the long form; the
short one prints it.

Usage: service_faults_test.py PROGRAM SOURCE_DIR CHECKED_LOAD VERSITYGW [TEST...]
SERVICE_FAULTS: short or long. SERVICE_FAULTS_RATE: requests a second.
"""
import itertools
import math
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("../e2e", "../integration", "services", "."):
    sys.path.insert(0, str((HERE / folder).resolve()))

import faults  # noqa: E402
from checked_load import CheckedLoad  # noqa: E402
from installation import FOLLOWED, GOLDEN, Installation, metric  # noqa: E402
import postgres_service  # noqa: E402
from posting import PostingCaller, stored_posts  # noqa: E402
from publishing import PublishingCaller  # noqa: E402
import redis_service  # noqa: E402
import s3_service  # noqa: E402
from small_disk import SmallDisk, enter_namespace  # noqa: E402

LONG = os.environ.get("SERVICE_FAULTS", "short") == "long"
RATE = int(os.environ.get("SERVICE_FAULTS_RATE", "2000" if LONG else "400"))
CELLS = faults.CELLS if LONG else faults.SHORT_CELLS
QUIET_S, FAULT_S, AFTER_S = (8, 15, 2) if LONG else (1.5, 3, 0.5)
CONNECTIONS = 64
POSTING_CALLERS = 2
PUBLISHED = "published"  # a model whose versions are published while the store is harmed
FIRST_POC = 10  # those below are the files' and await_postgresql's
MOST_TIMES_QUIET = 3
# What a machine's own business may take of a request's time.
FLOOR_MS = 5
TRIES = 3
# Fewer seconds under an open breaker say little about a percentile.
LEAST_JUDGED_S = 2


class BreakerWatch(threading.Thread):
    """Notes when a breaker of a server was first seen to have opened."""

    def __init__(self, server, breaker):
        super().__init__()
        self._server = server
        self._opened = f'circuit_breaker_transitions_total{{name="{breaker}",to="open"}}'
        self._before = metric(server, self._opened)
        self._ends = threading.Event()
        self.opened_at = None

    def run(self):
        while self.opened_at is None and not self._ends.wait(0.1):
            if metric(self._server, self._opened) > self._before:
                self.opened_at = time.monotonic()

    def stop(self):
        self._ends.set()
        self.join()


class Cell:
    """One fault of one service, under load from before it until everything works again."""

    def __init__(self, test, service, fault):
        self.test, self.service, self.fault = test, service, fault
        self.installation = test.installation
        self.callers = [PostingCaller(self.installation.server, next(test.pocs)) for _ in range(POSTING_CALLERS)]
        self.publisher = PublishingCaller(self.installation, PUBLISHED, GOLDEN / "lgb_binary.txt") if service.name == "s3" else None

    def run(self):
        self.watch = BreakerWatch(self.installation.server, self.service.breaker)
        self.load = CheckedLoad(self.test.load_program, self.installation.server.port, RATE, CONNECTIONS, self.test.requests)
        others = [*self.callers, self.publisher] if self.publisher else self.callers
        for caller in others:
            caller.start()
        try:
            self.quiet_from = time.monotonic() + 0.5  # connections are made
            time.sleep(QUIET_S + 0.5)
            self.begin = time.monotonic()
            self.watch.start()
            self.fault(self.service, FAULT_S, time.sleep)
            self.end = time.monotonic()
            self.watch.stop()
            self.recovered_s = self.test.await_recovery(self.service)
            time.sleep(AFTER_S)
        finally:
            for caller in others:
                caller.stop()
            self.load.stop()

    def judged_from(self):
        opened = self.watch.opened_at
        return opened if opened is not None and opened < self.end - LEAST_JUDGED_S else self.begin

    def ratios(self):
        """(kind, p99 of quiet, p99 afterwards, times; not above 1 where both are below the floor)."""
        quiet = self.load.phase(self.quiet_from, self.begin)
        harmed = self.load.phase(self.judged_from(), self.end)
        for kind in self.load.kinds():
            before, after = quiet.p99_ms(kind), harmed.p99_ms(kind)
            yield kind, before, after, after / max(before, FLOOR_MS / MOST_TIMES_QUIET)

    def is_slow(self, quietest):
        """Against the quietest quiet phase of all runs of the cell, by kind: {kind: ms}, which this one is added to."""
        slow = False
        for kind, before, after, _ in self.ratios():
            quietest[kind] = min(quietest.get(kind, math.inf), before)
            slow |= not after <= MOST_TIMES_QUIET * max(quietest[kind], FLOOR_MS / MOST_TIMES_QUIET)
        return slow

    def report(self):
        whole = self.load.phase()
        opened = self.watch.opened_at
        row = [f"{self.service.name:10} {self.fault.__name__:13}", f"{whole.count():7d}",
               f"{self.load.phase(self.begin, self.end).rate():6.0f}/s",
               f"{whole.wrong:3d} wrong {whole.failed():3d} failed",
               "breaker -     " if opened is None else f"breaker {opened - self.begin:4.1f} s"]
        row += [f"{kind} {before:6.2f} -> {after:6.2f} ms ({times:4.1f})" for kind, before, after, times in self.ratios()]
        if self.publisher:
            row.append(f"versions {len(self.publisher.acknowledged)}, {self.publisher.failed} failed")
        if self.installation.logged is not None:
            row.append(f"{self.installation.logged} logged")
        row += [f"posts {self.acknowledged}/{self.present}, {self.refused} refused", f"again after {self.recovered_s:4.1f} s"]
        print(" | ".join(row), file=sys.stderr, flush=True)

    def judge(self):
        whole = self.load.phase()
        self.test.assertEqual((whole.wrong, whole.failed()), (0, 0), "\n".join(self.load.faults()))
        self.test.assertGreater(self.acknowledged, 0)

    def judge_versions(self):
        """What was acknowledged is there once, whole."""
        if self.publisher:
            self.test.assertEqual(self.publisher.judge(self.installation.versions(PUBLISHED)), [])

    def judge_log(self):
        """Every sampled prediction that was promised to be logged is there, once: soon, as it is written by the way."""
        self.installation.await_condition(lambda: not self.installation.log_differs(),
                                          f"the whole log: {self.installation.log_differs()}")

    def judge_posts(self):
        """What was acknowledged is there once; what was not can be posted again."""
        postgres = self.installation.postgres
        lines = []
        self.acknowledged = self.present = self.refused = 0
        stored = stored_posts(postgres.server, postgres.database)
        for caller in self.callers:
            wrong, present = caller.judge(stored)
            lines += wrong
            self.acknowledged += len(caller.acknowledged)
            self.refused += len(caller.refused)
            self.present += present
            caller.post_again()
            lines += [f"post {post} is refused when all is well" for post in caller.refused]
        stored = stored_posts(postgres.server, postgres.database)
        for caller in self.callers:
            lines += caller.judge(stored)[0]
        self.test.assertEqual(lines[:20], [])


class ServiceFaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="geoclimate-service-faults-")))
        cls.folder.chmod(0o711)  # PostgreSQL runs as another user than root
        disks = {}
        for module in (postgres_service, redis_service, s3_service):
            disks[module] = None
            if LONG and NO_DISK is None:
                disks[module] = SmallDisk(cls.folder / f"{module.__name__}-disk", module.DISK_MEGABYTES)
                cls.addClassCleanup(disks[module].close)
        redis_folder = cls.folder / "redis"
        redis_folder.mkdir()
        cls.services = {"postgresql": postgres_service.PostgresService(disks[postgres_service])}
        cls.addClassCleanup(cls.services["postgresql"].close)
        cls.services["redis"] = redis_service.RedisService(redis_folder, disks[redis_service])
        cls.addClassCleanup(cls.services["redis"].close)
        if LONG:
            cls.services["s3"] = s3_service.S3Service(VERSITYGW, disks[s3_service])
            cls.addClassCleanup(cls.services["s3"].close)
        begin = time.monotonic()
        cls.installation = Installation(cls.folder, cls.services["postgresql"], cls.services["redis"], cls.services.get("s3"))
        cls.addClassCleanup(cls.installation.close)
        cls.load_program = LOAD
        cls.requests = cls.folder / "requests"
        cls.installation.write_requests(cls.requests, RATE)
        cls.pocs = itertools.count(FIRST_POC)
        print(f"installed in {time.monotonic() - begin:.1f} s", file=sys.stderr, flush=True)

    def await_recovery(self, service):
        """Seconds until the service is used again as before, by both servers."""
        server, other = self.installation.server, self.installation.other
        closed = f'circuit_breaker_state{{name="{service.breaker}"}}'
        begin = time.monotonic()
        getattr(self, f"await_{service.name}")(server, other)
        for one in (server, other):
            self.installation.await_condition(lambda one=one: metric(one, closed) == 0, f"{service.breaker} closed")
        return time.monotonic() - begin

    def await_postgresql(self, server, other):
        for number, one in enumerate((server, other)):
            caller = PostingCaller(one, number)
            self.installation.await_condition(lambda caller=caller: caller.post(0), "an observation that is taken")
            self.assertEqual(caller.wrong, [])

    def await_redis(self, server, other):
        for one in (server, other):
            before = self.installation.hits(one)

            def is_shared(one=one, before=before):
                self.installation.ask_hot(one)
                return self.installation.hits(one) > before

            # A cache that does not pay under a fault rests up to 320 s before it asks again (CachePayoff).
            self.installation.await_condition(is_shared, "an answer that is found in Redis", patience=400)

    def await_s3(self, server, other):
        model_id = self.installation.publish(FOLLOWED, GOLDEN / "lgb_dart.txt")
        self.installation.promote(model_id)
        for one in (server, other):
            self.installation.await_condition(lambda one=one: self.installation.followed(one) == model_id, model_id)

    def cell(self, name, fault):
        service = self.services[name]
        if fault is faults.full_disk and service.disk is None:
            self.skipTest(f"no small disk can be mounted: {NO_DISK}")
        quietest = {}
        for _ in range(TRIES):
            cell = Cell(self, service, fault)
            cell.run()
            cell.judge_posts()
            cell.judge_versions()
            cell.judge_log()
            cell.report()
            cell.judge()
            self.assertIsNone(self.installation.server.process.poll())
            if not cell.is_slow(quietest) or not LONG:
                return
        self.fail(f"slow in each of {TRIES} runs")


def add_tests():
    for name, cells in CELLS.items():
        for fault in cells:
            def test(self, name=name, fault=fault):
                self.cell(name, fault)
            setattr(ServiceFaultsTest, f"test_{name}_{fault.__name__}", test)


if __name__ == "__main__":
    LOAD, VERSITYGW = sys.argv[3:5]
    NO_DISK = enter_namespace()
    add_tests()
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=2)
