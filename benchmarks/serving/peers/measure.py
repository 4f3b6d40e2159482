"""Loads two servers in turn with the same rows, A B A B ..., and sets what they cost side by side."""

import re
import statistics
import subprocess
from dataclasses import dataclass

import servers
from peers.launched import Launched, PeerFailed

SECONDS_OF = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
ANSWER_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Side:
    """A server and how it is asked."""

    server: Launched
    path: str
    script: str


@dataclass(frozen=True)
class Load:
    connections: int
    pairs: int
    seconds: int
    rows: int


@dataclass(frozen=True)
class Window:
    cpu_microseconds_per_row: float
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def wrk(side: Side, connections: int, seconds: int) -> str:
    command = ["taskset", "-c", servers.CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
               f"--timeout={ANSWER_TIMEOUT_SECONDS}s", "-s", side.script, side.server.url(side.path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + ANSWER_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"{side.server.name}: wrk did not end") from error
    if done.returncode or "Socket errors" in done.stdout or "Non-2xx" in done.stdout:
        raise PeerFailed(f"{side.server.name} under load: {done.stdout}{done.stderr}\n{side.server.log()}")
    return done.stdout


def percentile(out: str, percent: int) -> float:
    number, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(\w+)", out, re.MULTILINE).groups()
    return 1000 * float(number) * SECONDS_OF[unit]


def window(side: Side, load: Load, seconds: int) -> Window:
    before = side.server.cpu_seconds()
    out = wrk(side, load.connections, seconds)
    used = side.server.cpu_seconds() - before
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    if requests == 0:
        raise PeerFailed(f"{side.server.name} answered nothing in {seconds} s")
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))
    return Window(1e6 * used / (requests * load.rows), rate, percentile(out, 50), percentile(out, 99))


def summary(windows: list[Window], rows: int) -> dict[str, float]:
    def median(read) -> float:
        return statistics.median(read(window) for window in windows)

    return {
        "cpu_microseconds_per_row": round(median(lambda w: w.cpu_microseconds_per_row), 3),
        "requests_per_second": round(median(lambda w: w.requests_per_second), 1),
        "rows_per_second": round(rows * median(lambda w: w.requests_per_second)),
        "p50_ms": round(median(lambda w: w.p50_ms), 3), "p99_ms": round(median(lambda w: w.p99_ms), 3),
    }


def spread(ratios: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(ratios), 2), "min": round(min(ratios), 2), "max": round(max(ratios), 2)}


def compare(peer: Side, ours: Side, load: Load) -> dict:
    """Ratios say how much more CPU a row costs the peer, and how many more rows a second we answer."""
    for side in (peer, ours):
        window(side, load, 1)
    pairs = [(window(peer, load, load.seconds), window(ours, load, load.seconds)) for _ in range(load.pairs)]
    theirs, our = zip(*pairs)
    return {
        "peer": summary(list(theirs), load.rows), "ours": summary(list(our), load.rows),
        "cpu_ratio": spread([a.cpu_microseconds_per_row / b.cpu_microseconds_per_row for a, b in pairs]),
        "rate_ratio": spread([b.requests_per_second / a.requests_per_second for a, b in pairs]),
    }
