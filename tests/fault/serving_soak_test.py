"""Mixed load, reloads, cancellations, slow callers and bad input at once: every valid answer is right, nothing leaks.

Two servers follow one store, one with the default settings, one that hands every row to its scheduler. Operators publish and
promote versions and set canaries and shadows meanwhile; each answer names its version and is compared with what that version
answered before there was any load. The memory of a server is judged in a run of five minutes and more, its descriptors and
threads always.

Usage: serving_soak_test.py PROGRAM SOURCE_DIR
SOAK_SECONDS: how long (20), at least.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from program import PROGRAM, Server, scratch  # noqa: E402
from soak import changes  # noqa: E402
from soak.catalogue import Catalogue  # noqa: E402
from soak.grpc_callers import GrpcCaller  # noqa: E402
from soak.http_callers import HttpCaller, PipeliningCaller  # noqa: E402
from soak.misuse import LeavingCaller, SlowCaller, WrongCaller  # noqa: E402
from soak.tally import Tally  # noqa: E402
from soak.watching import Watcher, await_descriptors, await_steady_descriptors, descriptor_kinds, descriptors, read_status  # noqa: E402

SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
MEMORY_IS_JUDGED = SECONDS >= 300
MOST_GROWTH = 0.05
MOST_LATE_THREADS = 8
MOST_TIMES = 5  # of the time that was asked for
HTTP_CALLERS, GRPC_CALLERS = 5, 2  # of each server
BENCH_RATE = 300  # requests a second beside them, whose answers are only counted
# Nothing valid is refused for its wait, however busy the machine is. A cache that fills soon, so that it evicts.
SETTINGS = {"SERVING__BATCHING__MAX_WAIT_MS": 60000, "SERVING__CONCURRENCY__TARGET_MS": 60000,
            "CACHING__MODEL_CACHE__MAX_MODELS": 12, "CACHING__PREDICTION_CACHE__MAX_BYTES": 1 << 20}
SCHEDULED = {"SERVING__BATCHING__INLINE_BELOW_US": 0, "SERVING__BATCHING__MAX_ROWS": 64, "SERVING__INSTANCES": 2,
             "SERVING__COMPUTE_THREADS": 2}
KINDS = ("predict", "predict by id", "batch", "CSV batch", "explain", "contributions compared", "infer, JSON", "infer, binary",
         "infer, of a version", "read only", "pipelined", "gRPC infer", "gRPC stream", "gRPC stream left", "gRPC call cancelled",
         "gRPC refused", "gRPC garbage message", "left in its request", "left before its answer", "left in its answer", "sent slowly",
         "read slowly", "refused", "wrong gzip", "garbage on HTTP", "garbage on gRPC", "without a token", "published", "promoted",
         "rolled back", "canary set", "shadow set", "traffic ended", "staged", "alias set", "cache cleared")
# What the operators do on purpose is told on these lines.
EXPECTED_LINES = ("a canary is taken away", "a canary could not be taken away", "a shadow has other features than production")


def serve(data, **settings):
    environment = {f"GEOCLIMATE_{key}": str(value) for key, value in settings.items()}
    return Server("--data-dir", data, "serve", environment=environment)


class Load:
    """Everybody at once, for a while."""

    def __init__(self, servers, data, catalogue, pinned, seed):
        self.tally = Tally()
        self.stop = threading.Event()
        self.callers = []
        self.watchers = []
        for number, server in enumerate(servers):
            self._surround(server, number, data, catalogue, pinned, seed + 1000 * number)
        self.benches = []

    def _surround(self, server, number, data, catalogue, pinned, seed):
        def add(kind, *arguments, count=1):
            for _ in range(count):
                shared = (f"{kind.__name__} {len(self.callers)} of server {number}", seed + len(self.callers), self.tally, self.stop)
                self.callers.append(kind(*arguments, *shared))

        add(HttpCaller, server.port, catalogue, pinned, count=HTTP_CALLERS)
        add(PipeliningCaller, server.port, catalogue)
        add(GrpcCaller, server.grpc_port, catalogue, count=GRPC_CALLERS)
        for kind in (LeavingCaller, SlowCaller, SlowCaller, WrongCaller):
            add(kind, server, catalogue)
        add(changes.Changer, server, data, catalogue)
        self.watchers.append(Watcher(server.process.pid, f"watcher of server {number}", 0, self.tally, self.stop))

    def _goes_on(self, elapsed, seconds, kinds):
        """On a slow machine it takes longer until each kind was seen."""
        return elapsed < seconds or (elapsed < MOST_TIMES * seconds and any(self.tally.counts[kind] == 0 for kind in kinds))

    def run(self, seconds, servers, kinds=()):
        self.benches = [subprocess.Popen(
            [PROGRAM, "bench", f"http://127.0.0.1:{server.port}", "--predict", "tree", "--rate", str(BENCH_RATE), "--connections", "4",
             "--duration", str(max(1, seconds - 2)), "--json"], stdout=subprocess.PIPE, text=True) for server in servers]
        for thread in self.callers + self.watchers:
            thread.start()
        began = time.monotonic()
        while self._goes_on(time.monotonic() - began, seconds, kinds) and self.tally.fault_count < Tally.MOST_FAULTS:
            self.stop.wait(0.1)
        self.stop.set()
        for thread in self.callers + self.watchers:
            thread.join()
        if self.tally.fault_count > 0:
            for bench in self.benches:
                bench.kill()
                bench.communicate()
            for server in servers:
                self._note_end(server)
            self._note_history(servers[0])
        else:
            self._finish_benches()

    def _note_end(self, server):
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(timeout=2)
            self.tally.faults.append(f"a server ended with {server.process.returncode}: {server.stderr()[-8000:]}")

    def _note_history(self, server):
        """What was changed last, for whoever looks for the reason of a fault."""
        if server.process.poll() is not None:
            return
        for name in changes.CHANGING:
            history = server.get(f"/models/{name}/history").json()
            self.tally.faults += [f"{name}: {json.dumps(entry)}" for entry in history[-12:]]

    def _finish_benches(self):
        for bench in self.benches:
            said = json.loads(bench.communicate()[0])
            self.tally.count("bench", said["succeeded"])
            if set(said["by_status"]) != {"200"} or said["broken"]:
                self.tally.fault(f"bench: {said['by_status']}, {said['broken']} broken off")


class ServingSoakTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_mixed_load_with_reloads_and_faults(self):
        data = self.folder / "data"
        catalogue = Catalogue(self.folder)
        pinned = changes.prepare(data, catalogue)
        with serve(data, **SETTINGS) as first, serve(data, **SETTINGS, **SCHEDULED) as second:
            servers = (first, second)
            # Threads, pools and buffers come with the first callers; what counts is that later ones add none.
            warm_up = Load(servers, data, catalogue, pinned, seed=1)
            warm_up.run(max(3, SECONDS / 10), servers)
            self.assert_right(warm_up.tally)
            before = [self.settled(server) for server in servers]
            load = Load(servers, data, catalogue, pinned, seed=2)
            load.run(SECONDS, servers, KINDS)
            self.report(load)
            self.assert_right(load.tally)
            self.assert_nothing_leaked(servers, before, load)
            self.assertEqual([kind for kind in KINDS if load.tally.counts[kind] == 0], [])
            for server in servers:
                self.assert_ends_well(server)

    def assert_right(self, tally):
        self.assertEqual(tally.fault_count, 0, "\n".join(tally.faults))

    @staticmethod
    def settled(server):
        """Descriptors and threads once the callers' connections have gone."""
        pid = server.process.pid
        await_steady_descriptors(pid)
        return descriptors(pid), read_status(pid)["threads"]

    def report(self, load):
        for kind, count in sorted(load.tally.counts.items()):
            print(f"{count:>10} {kind}")
        for watcher in load.watchers:
            for field in ("rss", "anonymous", "descriptors", "threads"):
                print(f"{watcher.name}: {field} by fifths of the time: {watcher.medians(field)}")
        sys.stdout.flush()

    def assert_nothing_leaked(self, servers, before, load):
        for server, (handles, threads), watcher in zip(servers, before, load.watchers):
            self.assertIsNone(server.process.poll(), watcher.name)
            pid = server.process.pid
            self.assertLessEqual(await_descriptors(pid, handles), handles, f"{watcher.name}: {descriptor_kinds(pid)}")
            # gRPC's pool grows with the load that it sees, by a thread and its event descriptor at a time.
            self.assertLessEqual(read_status(pid)["threads"], threads + MOST_LATE_THREADS, watcher.name)
            medians = watcher.medians("rss")
            if MEMORY_IS_JUDGED:
                self.assertLess(medians[4] / medians[1] - 1, MOST_GROWTH, f"{watcher.name}: {medians}")

    def assert_ends_well(self, server):
        server.terminate()
        self.assertEqual(server.wait(), 0)
        lines = [line for line in server.stderr().splitlines() if " warning " in line or " error " in line]
        strange = [line for line in lines if not any(known in line for known in EXPECTED_LINES)]
        self.assertEqual(strange[:10], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
