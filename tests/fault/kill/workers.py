"""Who changes an installation until its processes are killed, and remembers what was acknowledged.

A change that got no answer is in doubt: it may be there, whole, or not at all. It is asked for again after the restart.
"""

import collections
import csv
import gzip
import http.client
import json
import os
import random
import subprocess
import threading

from program import AS_OF, PATIENCE, PROGRAM, SOURCE

MODELS = SOURCE / "tests/golden/models"
FILES = ("xgb_forest.json", "xgb_lossguide.ubj", "xgb_tweedie.json", "xgb_absolute.json", "xgb_poisson.json")
NAME = "tree"
SITE = "06-037-1103"
ROWS = 3  # of a post, and of a file
FIRST_POSTED_POC, FIRST_INGESTED_POC = 1000, 500
POSTERS = 3
BREATH = 0.01  # seconds between requests of one caller: verbs shall get on too

# Versions with odd numbers are staged, with even ones promoted: a version in production that is staged would leave the name
# without one.
STAGED, PROMOTED = 1, 0


def number_of(version):
    """tree_v12_20200101_000000: 12."""
    return int(version.split("_")[1][1:])


class Ledger:
    """What was acknowledged, over all restarts. Each field is changed by one worker at a time."""

    def __init__(self):
        self.posts = collections.defaultdict(dict)  # by POC, then value: whether it was acknowledged
        self.files = {}  # by path: whether its ingest was
        self.versions = set()  # ids
        self.production = {None}  # what it may be
        self.alias = {None}
        self.audited = set()  # request ids of changes that were answered
        self.table = None  # the digest of the one that was found last
        self.counts = collections.Counter()


class Worker(threading.Thread):
    """Works until it is told to stop, or the program does not answer any more."""

    def __init__(self, run, ledger, seed):
        super().__init__(name=type(self).__name__)
        self.run_of = run
        self.ledger = ledger
        self.random = random.Random(seed)
        self.wrong = []

    def run(self):
        while not self.run_of.stop.is_set():
            try:
                if not self.turn():
                    return
            except (OSError, http.client.HTTPException):
                return  # killed
            except Exception as error:  # pylint: disable=broad-except
                self.wrong.append(f"{self.name}: {error!r}")
                return

    def request(self, method, target, body=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.run_of.server.port, timeout=PATIENCE)
        try:
            connection.request(method, target, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def answered(self, status, body, *expected):
        """Whether the change was made; anything but refusals of a busy server is wrong."""
        if status in expected:
            return True
        if status not in (429, 503):
            self.wrong.append(f"{self.name}: {status} {body[:300]}")
        return False

    def verb(self, *arguments):
        """Of the server's process group, so that it dies with it. None when it was killed."""
        process = subprocess.Popen([PROGRAM, "--data-dir", self.run_of.data, *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, process_group=self.run_of.group)
        out, errors = process.communicate()
        if process.returncode < 0:
            return None
        return process.returncode, out, errors

    def succeeded(self, done):
        """Of a verb that nothing may refuse."""
        if done is None:
            return False
        if done[0] != 0:
            self.wrong.append(f"{self.name}: {done[2]}")
        return done[0] == 0

    def some_version(self, *parities):
        return self.random.choice(sorted(version for version in tuple(self.ledger.versions)
                                         if number_of(version) % 2 in (parities or (STAGED, PROMOTED))))


class Poster(Worker):
    """Three rows a post, a value that counts up, a POC of its own. What got no answer is posted again at last."""

    def __init__(self, run, ledger, seed, number):
        super().__init__(run, ledger, seed)
        self.poc = FIRST_POSTED_POC + number

    def turn(self):
        posts = self.ledger.posts[self.poc]
        doubtful = [value for value, acknowledged in posts.items() if not acknowledged]
        value = doubtful[0] if doubtful else len(posts) + 1
        posts.setdefault(value, False)
        rows = [{"site_id": SITE, "pollutant": "NO2", "poc": self.poc, "date": f"2019-{1 + row:02}-01", "value": value}
                for row in range(ROWS)]
        status, body = self.request("POST", "/v1/observations", {"observations": rows})
        if self.answered(status, body, 200):
            posts[value] = True
            self.ledger.counts["posts"] += 1
        self.run_of.stop.wait(BREATH)
        return True


class Predictor(Worker):
    def turn(self):
        row = {f"f{i}": round(self.random.gauss(0, 1), 2) for i in range(4)}
        status, body = self.request("POST", "/predict", {"data": row, "model_name": NAME})
        if self.answered(status, body, 200):
            self.ledger.counts["predictions"] += 1
        self.run_of.stop.wait(BREATH)
        return True


class Publisher(Worker):
    def turn(self):
        done = self.verb("models", "import", "--json", "--name", NAME, MODELS / self.random.choice(FILES))
        if not self.succeeded(done):
            return False
        self.ledger.versions.add(json.loads(done[1])["model_id"])
        self.run_of.acknowledged("published")
        return True


class Promoter(Worker):
    def turn(self):
        version = self.some_version(PROMOTED)
        self.ledger.production.add(version)
        if not self.succeeded(self.verb("models", "promote", version, "--stage", "production", "--override-gate")):
            return False
        self.ledger.production = {version}
        self.run_of.acknowledged("promoted")
        return True


class Changer(Worker):
    """Sets aliases and stages over the management port."""

    def turn(self):
        self.random.choice((self.set_alias, self.stage))()
        self.run_of.stop.wait(BREATH)
        return True

    def manage(self, kind, method, target, *expected, body=None):
        name = f"kill-{self.run_of.number}-{self.random.getrandbits(48):x}"
        headers = {"Authorization": f"Bearer {self.run_of.token}", "X-Request-Id": name}
        status, answer = self.request(method, target, body, headers, self.run_of.server.management_port)
        if not self.answered(status, answer, *expected):
            return False
        self.ledger.audited.add(name)
        self.ledger.counts[kind] += 1
        return status == expected[0]

    def set_alias(self):
        version = self.some_version()
        self.ledger.alias.add(version)
        if self.manage("aliases", "PUT", f"/models/{NAME}/aliases/champion", 200, body={"model_id": version}):
            self.ledger.alias = {version}

    def stage(self):
        self.manage("staged", "POST", f"/models/{self.some_version(STAGED)}/promote?new_stage=staging", 200)


class Ingester(Worker):
    """Ingests a small file of EPA's after another, each with a POC of its own."""

    def turn(self):
        doubtful = [path for path, acknowledged in self.ledger.files.items() if not acknowledged]
        path = doubtful[0] if doubtful else self.write_file(len(self.ledger.files))
        if not self.succeeded(self.verb("ingest", path)):
            return False
        self.ledger.files[path] = True
        self.run_of.acknowledged("ingested")
        return True

    def write_file(self, number):
        with gzip.open(SOURCE / "data/epa/daily/epa_daily_losangeles_no2_2020.csv.gz", "rt", encoding="utf-8") as stream:
            lines = [line for line, _ in zip(csv.reader(stream), range(ROWS + 1))]
        poc, value = lines[0].index("POC"), 4
        for line in lines[1:]:
            line[poc], line[value] = str(FIRST_INGESTED_POC), str(number + 1)
        path = self.run_of.folder / f"made_{number}.csv"
        with open(path, "w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(lines)
        self.ledger.files[path] = False
        return path


class Issuer(Worker):
    """Computes the forecasts anew, as often as it may."""

    def turn(self):
        done = self.verb("issue", "--as-of", AS_OF)
        if done is None:
            return False
        if done[0] == 0:
            self.run_of.acknowledged("issued")
        # The server may have the lease.
        elif "'tables/lease.json'" not in done[2]:
            self.wrong.append(f"issue: {done[2]}")
            return False
        self.run_of.stop.wait(0.2)
        return True


WORKERS = (Predictor, Publisher, Promoter, Changer, Ingester, Issuer)


def start(run, ledger, chance):
    workers = [Poster(run, ledger, chance.getrandbits(32), number) for number in range(POSTERS)]
    workers += [kind(run, ledger, chance.getrandbits(32)) for kind in WORKERS]
    for worker in workers:
        worker.start()
    return workers


def kill_group(group):
    try:
        os.killpg(group, 9)
    except ProcessLookupError:
        pass
