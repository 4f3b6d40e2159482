"""The whole program is killed again and again, with every verb that runs beside it, while everything is changed.

`serve` has posts of observations, predictions, aliases and stages; beside it verbs ingest, issue, publish and promote in the
same process group, all of which SIGKILL ends at a random moment: at work, or while it starts. Then it starts again on the same
folder, without help, and everything that was acknowledged is there once; what was not, is there whole or not at all.

Usage: program_kill_test.py PROGRAM SOURCE_DIR
KILLS: how often (5). SEED: of the moments (20201231).
"""

import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import PROGRAM, Server, make_data_directory, run, scratch  # noqa: E402
from kill import looking, workers  # noqa: E402

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "20201231"))
# A life lasts until so many verbs were acknowledged in it, and a moment more, whatever that takes on this machine.
MOST_VERBS = 4
LONGEST_MOMENT = 0.4  # seconds
LONGEST = 20  # seconds
EVERY_TABLE = 10  # so many of them lasts until there is a new table of forecasts, which takes longer than anything else
LONGEST_START = 0.15  # seconds, of those that are killed while they start
EVERY_START = 6  # so many of them is killed so
CHECKED_WHOLE = 20  # every so many the database is checked page by page
KINDS = ("posts", "predictions", "published", "promoted", "aliases", "staged", "ingested", "tables")


class Run:
    """One life of the program."""

    def __init__(self, number, folder, ledger):
        self.number = number
        self.folder = folder
        self.data = folder / "data"
        self.stop = threading.Event()
        self.verbs = threading.Semaphore(0)  # that were acknowledged
        self.ledger = ledger
        # As if the ten minutes of whoever was killed with the lease had passed.
        (self.data / "tables/lease.json").unlink(missing_ok=True)
        self.server = Server("--data-dir", self.data, "serve", "--as-of", "2020-12-31", process_group=0)
        self.group = self.server.process.pid
        self.token = (self.data / "admin.token").read_text(encoding="utf-8").strip()

    def acknowledged(self, kind):
        self.ledger.counts[kind] += 1
        self.verbs.release()

    def wait_for_verbs(self, count):
        until = time.monotonic() + LONGEST
        for _ in range(count):
            self.verbs.acquire(timeout=max(0, until - time.monotonic()))


class ProgramKillTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"
        self.chance = random.Random(SEED)
        self.ledger = workers.Ledger()
        make_data_directory(self.data)
        for file in workers.FILES[:2]:
            made = run("--data-dir", self.data, "models", "import", "--name", workers.NAME, "--json", workers.MODELS / file)
            version = looking.json.loads(made.stdout)["model_id"]
            run("--data-dir", self.data, "models", "promote", version, "--stage", "production", "--override-gate")
            self.ledger.versions.add(version)
            self.ledger.production = {version}

    def look(self, server, number):
        faults = []
        server.wait_for("/health/ready", 200)
        looking.look_at_models(server, self.ledger, faults)
        looking.look_at_table(self.data, server, self.ledger, faults)
        looking.look_for_leftovers(self.data, faults)
        looking.look_at_database(self.data / "geoclimate.db", self.ledger, faults,
                                 whole=number % CHECKED_WHOLE == 0 or number == KILLS)
        self.assertEqual(faults, [], f"after {number} kills of SEED={SEED}")

    def wait_for_table(self):
        """By the server or a verb, whichever has the lease."""
        until = time.monotonic() + LONGEST
        before = self.ledger.table
        while looking.current_table(self.data)["digest"] == before and time.monotonic() < until:
            time.sleep(0.02)

    def kill_while_it_starts(self):
        process = subprocess.Popen([PROGRAM, "--data-dir", self.data, "serve", "--port", "0", "--management-port", "0",
                                    "--metrics-port", "0", "--grpc-port", "0"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)
        # Nothing is waited for: the moment itself is what is drawn.
        time.sleep(self.chance.uniform(0, LONGEST_START))
        workers.kill_group(process.pid)
        process.wait()

    def kill_at_work(self, number):
        life = Run(number, self.folder, self.ledger)
        try:
            self.look(life.server, number)
            at_work = workers.start(life, self.ledger, self.chance)
            life.wait_for_verbs(self.chance.randrange(MOST_VERBS))
            if number % EVERY_TABLE == EVERY_TABLE - 1:
                self.wait_for_table()
            # Nothing is waited for here: the moment itself is what is drawn.
            time.sleep(self.chance.uniform(0, LONGEST_MOMENT))
        finally:
            workers.kill_group(life.group)
            life.server.process.wait()
        life.stop.set()
        for worker in at_work:
            worker.join()
        life.server.__exit__()
        self.assertEqual([fault for worker in at_work for fault in worker.wrong], [])

    def test_nothing_acknowledged_is_lost(self):
        began = time.monotonic()
        for number in range(KILLS):
            if number % EVERY_START == EVERY_START - 1:
                self.kill_while_it_starts()
            else:
                self.kill_at_work(number)
        with Server("--data-dir", self.data, "serve", "--as-of", "2020-12-31") as server:
            self.look(server, KILLS)
            self.assertEqual(server.post("/v1/observations", {"observations": [
                {"site_id": workers.SITE, "pollutant": "NO2", "poc": 2000, "date": "2019-01-01", "value": 1}]}).status, 200)
        print(f"{KILLS} kills in {time.monotonic() - began:.0f} s:", dict(self.ledger.counts))
        sys.stdout.flush()
        if KILLS >= 100:
            self.assertEqual([kind for kind in KINDS if self.ledger.counts[kind] < KILLS / 20], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
