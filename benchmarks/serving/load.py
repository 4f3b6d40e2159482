"""Puts load on a server from the client's core: wrk for what a request costs, geoclimate bench for latencies."""

import json
import re
import statistics
import subprocess
import sys

import servers

CONNECTIONS = 32


def log(text):
    print(text, file=sys.stderr, flush=True)


def wrk(server, path, seconds, extra=(), connections=CONNECTIONS):
    out = subprocess.run(
        ["taskset", "-c", servers.CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *extra, server.url(path)],
        check=True, capture_output=True, text=True).stdout
    if "Socket errors" in out:
        raise SystemExit(f"{server.name}: {out}")
    if "Non-2xx or 3xx" in out:
        raise SystemExit(f"{server.name} {path} gave other statuses than expected:\n{out}")
    return int(re.search(r"(\d+) requests in", out).group(1)), float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))


def measure(server, path, seconds, extra=(), connections=CONNECTIONS):
    before = server.cpu_seconds()
    requests, rate = wrk(server, path, seconds, extra, connections)
    return {"cpu_seconds_per_million": (server.cpu_seconds() - before) / requests * 1e6, "requests_per_second": rate}


def bench_command(program, server, path, seconds, connections, *more):
    return ["taskset", "-c", servers.CLIENT_CORE, program, "bench", server.url(path), "--json", "--warm-up", "0.5",
            "--duration", str(seconds), "--connections", str(connections), *more]


def bench(*arguments):
    """The report of geoclimate bench: latencies from the moment when a request was due."""
    report = json.loads(subprocess.run(bench_command(*arguments), check=True, capture_output=True, text=True).stdout)
    if report["broken"] or report["unanswered"] or set(report["by_status"]) != {"200"}:
        raise SystemExit(f"{arguments[1].name}: {report['by_status']}, {report['broken']} broken off, {report['unanswered']} not answered")
    return report


def spread(values, digits=3):
    return {"median": round(statistics.median(values), digits), "min": round(min(values), digits), "max": round(max(values), digits)}
