"""The load of a cell: requests with their right answers at a constant rate, by the program checked_load."""
import collections
import json
import math
import subprocess


class Phase:
    """What was answered to the requests that were due between two moments, by kind."""

    def __init__(self):
        self.statuses = collections.Counter()
        self.lost = 0
        self.wrong = 0
        self.seconds = 0.0
        self._latencies = collections.defaultdict(collections.Counter)  # by kind: longest of a bucket, in ns

    def add(self, kind, piece):
        self.statuses.update(piece["statuses"])
        self.lost += piece["lost"]
        self.wrong += piece["wrong"]
        self._latencies[kind].update(dict(map(tuple, piece["latencies_ns"])))

    def count(self):
        return sum(self.statuses.values()) + self.lost

    def rate(self):
        """Requests a second."""
        return self.count() / self.seconds if self.seconds else 0.0

    def failed(self):
        """Other answers than 200, and none."""
        return sum(count for status, count in self.statuses.items() if status != "200") + self.lost

    def p99_ms(self, kind=None):
        """NaN where there is no answer."""
        latencies = self._latencies[kind] if kind else sum(self._latencies.values(), collections.Counter())
        rest = math.ceil(0.99 * sum(latencies.values()))
        for longest, count in sorted(latencies.items()):
            rest -= count
            if rest <= 0:
                return longest / 1e6
        return math.nan


class CheckedLoad:
    def __init__(self, program, port, rate, connections, requests):
        """`requests`: a file of them, a line each (services/answer_check.h)."""
        self._process = subprocess.Popen([program, str(port), str(rate), str(connections), str(requests)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun = self._process.stdout.readline().split()
        if begun[:1] != ["begun"]:
            raise AssertionError("the load does not begin")
        self._begin = int(begun[1]) / 1e9  # of time.monotonic()
        self._counted = None

    def stop(self):
        said, _ = self._process.communicate("", timeout=120)
        if self._process.returncode != 0:
            raise AssertionError(f"the load ended with {self._process.returncode}")
        self._counted = json.loads(said)

    def faults(self):
        return self._counted["faults"]

    def phase(self, begin=0.0, end=math.inf):
        """Of moments of time.monotonic(), to whole slices inside."""
        phase = Phase()
        slice_s = self._counted["slice_ms"] / 1000
        slices = set()
        for kind, pieces in self._counted["kinds"].items():
            for piece in pieces:
                at = self._begin + piece["slice"] * slice_s
                if begin <= at and at + slice_s <= end:
                    phase.add(kind, piece)
                    slices.add(piece["slice"])
        phase.seconds = len(slices) * slice_s
        return phase

    def kinds(self):
        return sorted(self._counted["kinds"])
