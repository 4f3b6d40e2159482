"""What the real server takes and gives at several rates of requests, by its own metrics: what a pod of it would show.

The server of this record is as the chart starts it, but for its CPU: it has what this machine gives it beside the callers.
"""

import bisect
import dataclasses
import json
import re
import subprocess
import sys
import time

from processes import SOURCE

sys.path.insert(0, str(SOURCE / "tests/e2e"))
import program  # noqa: E402  of the end-to-end tests

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"
# Requests a second; the last is what the server can do.
RATES = (500, 2000, 8000, None)
SECONDS = 4
# As prometheus-adapter counts them: monitoring/prometheus-adapter/config.yml.
NO_LOAD = re.compile(r"/metrics|/health.*|/v2/health/.*")


@dataclasses.dataclass(frozen=True)
class Measured:
    """Of one server."""

    requests_per_second: float
    cpu_cores: float
    memory_bytes: float


class Counters:
    """What the server has counted so far."""

    def __init__(self, server):
        text = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        self.at = time.monotonic()
        self.cpu = self._sum(text, "process_cpu_seconds_total")
        self.memory = self._sum(text, "process_resident_memory_bytes")
        self.requests = self._sum(text, "http_requests_total")

    @staticmethod
    def _sum(text, name):
        found = re.findall(rf"^{name}(\{{.*\}})? (\S+)$", text, flags=re.MULTILINE)
        endpoint = re.compile('endpoint="([^"]*)"')
        return sum(float(value) for labels, value in found
                   if not ((at := endpoint.search(labels)) and NO_LOAD.fullmatch(at.group(1))))

    def since(self, earlier):
        seconds = self.at - earlier.at
        return Measured((self.requests - earlier.requests) / seconds, (self.cpu - earlier.cpu) / seconds, self.memory)


def record():
    """Measurements by rising rate, the first without a request."""
    with program.Server("serve", "--model", MODEL) as server:
        measured = [Measured(0, 0, Counters(server).memory)]
        for rate in RATES:
            before = Counters(server)
            answers = json.loads(subprocess.run(
                [program.PROGRAM, "bench", f"http://127.0.0.1:{server.port}/predict", "--predict", MODEL.stem, "--json",
                 "--warm-up", "0", "--duration", str(SECONDS), *(["--rate", str(rate), "--poisson"] if rate else [])],
                check=True, capture_output=True, text=True).stdout)
            if set(answers["by_status"]) != {"200"}:
                raise AssertionError(f"at {rate} requests/s: {answers['by_status']}")
            measured.append(Counters(server).since(before))
    return sorted(measured, key=lambda at: at.requests_per_second)


class Curve:
    """A server at any load: between what was measured, and beyond it at the cost of the last, as far as its CPU goes.

    A machine that is busy with other things measures less far, not otherwise.
    """

    def __init__(self, measured, limit_cores):
        self.measured, self.limit_cores = measured, limit_cores

    @property
    def cpu_seconds_per_request(self):
        last = self.measured[-1]
        return last.cpu_cores / last.requests_per_second

    def at(self, requests_per_second):
        rates = [measured.requests_per_second for measured in self.measured]
        upper = bisect.bisect_left(rates, requests_per_second)
        if upper == len(rates):
            return self._beyond(requests_per_second)
        if upper == 0:
            return self.measured[0]
        low, high = self.measured[upper - 1], self.measured[upper]
        part = (requests_per_second - low.requests_per_second) / (high.requests_per_second - low.requests_per_second)
        return Measured(requests_per_second, low.cpu_cores + part * (high.cpu_cores - low.cpu_cores),
                        low.memory_bytes + part * (high.memory_bytes - low.memory_bytes))

    def _beyond(self, requests_per_second):
        served = min(requests_per_second, self.limit_cores / self.cpu_seconds_per_request)
        return Measured(served, served * self.cpu_seconds_per_request, self.measured[-1].memory_bytes)
