"""Loads a server from the client's core in a closed loop."""

import re
import subprocess
from dataclasses import dataclass
from typing import Protocol

import servers
from peers.launched import Launched, PeerFailed

SECONDS_OF = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
ANSWER_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Loaded:
    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


class Client(Protocol):
    """Asks one server for so many seconds over so many connections."""

    server: Launched

    def load(self, connections: int, seconds: int) -> Loaded: ...


def run(server: Launched, command: list[str], seconds: int) -> str:
    try:
        done = subprocess.run(["taskset", "-c", servers.CLIENT_CORE, *command], capture_output=True, text=True, timeout=seconds + ANSWER_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"{server.name}: {command[0]} did not end") from error
    if done.returncode or "Socket errors" in done.stdout or "Non-2xx" in done.stdout:
        raise PeerFailed(f"{server.name} under load: {done.stdout}{done.stderr}\n{server.log()}")
    return done.stdout


def percentile(out: str, percent: int) -> float:
    number, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(\w+)", out, re.MULTILINE).groups()
    return 1000 * float(number) * SECONDS_OF[unit]


@dataclass(frozen=True)
class Wrk:
    """HTTP, with the bodies of a script of payloads.py."""

    server: Launched
    path: str
    script: str

    def load(self, connections: int, seconds: int) -> Loaded:
        out = run(self.server, ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", f"--timeout={ANSWER_TIMEOUT_SECONDS}s",
                                "-s", self.script, self.server.url(self.path)], seconds)
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        if requests == 0:
            raise PeerFailed(f"{self.server.name} answered nothing in {seconds} s")
        rate = float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))
        return Loaded(requests, rate, percentile(out, 50), percentile(out, 99))
