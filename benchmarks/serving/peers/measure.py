"""Loads two servers in turn with the same rows, A B A B ..., and sets what they cost side by side."""

import statistics
from dataclasses import dataclass

from peers.clients import Client


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


def window(client: Client, load: Load, seconds: int) -> Window:
    before = client.server.cpu_seconds()
    loaded = client.load(load.connections, seconds)
    used = client.server.cpu_seconds() - before
    return Window(1e6 * used / (loaded.requests * load.rows), loaded.requests_per_second, loaded.p50_ms, loaded.p99_ms)


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


def compare(peer: Client, ours: Client, load: Load) -> dict:
    """Ratios say how much more CPU a row costs the peer, and how many more rows a second we answer."""
    for client in (peer, ours):
        window(client, load, 1)
    pairs = [(window(peer, load, load.seconds), window(ours, load, load.seconds)) for _ in range(load.pairs)]
    theirs, our = zip(*pairs)
    return {
        "peer": summary(list(theirs), load.rows), "ours": summary(list(our), load.rows),
        "cpu_ratio": spread([a.cpu_microseconds_per_row / b.cpu_microseconds_per_row for a, b in pairs]),
        "rate_ratio": spread([b.requests_per_second / a.requests_per_second for a, b in pairs]),
    }
