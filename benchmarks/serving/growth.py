"""What a request costs beside many loaded models, and beside many open connections: see README.md."""

import os
import resource
import socket
import statistics

import load
import servers
import workload

# CPU a request beside few over that beside many, at least.
BAR = 0.9
MODELS = 1000
OPEN = 10_000


def ask(bench):
    return {"bar": BAR, "models": models(bench), "connections": connections(bench)}


def models(bench):
    """A request for the first of 1,000 models against the same with that one alone; and requests for all of them in turn."""
    paths = []
    for number in range(MODELS):
        paths.append(os.path.join(bench.folder, f"m{number:04}.json"))
        os.link(bench.model, paths[-1])
    one, every = (os.path.join(bench.folder, name) for name in ("one.lua", "every.lua"))
    workload.write_wrk_script(one, ["m0000"])
    workload.write_wrk_script(every, [f"m{number:04}" for number in range(0, MODELS, 2)])
    few, many = serve(bench, paths[:1]), serve(bench, paths)
    try:
        result = compare(bench.options, "models", (few, many), ["-s", one])
        result["bytes_per_model"] = round((many.resident_bytes() - few.resident_bytes()) / (MODELS - 1))
        spread = [load.measure(many, "/predict", bench.options.seconds, ["-s", every])["cpu_seconds_per_million"] for _ in range(3)]
        result["asked_in_turn_cpu_seconds_per_million"] = round(statistics.median(spread), 2)
        return result
    finally:
        few.stop()
        many.stop()


def serve(bench, paths, environment=None):
    return servers.geoclimate(bench.options.program, ["--data-dir", os.path.join(bench.folder, "none")], environment,
                              [word for path in paths for word in ("--model", path)], ready_within=600)


def connections(bench):
    """32 connections that ask, alone and beside those that have asked once and stay open."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors[1] < OPEN + 1000:
        raise SystemExit(f"growth opens {OPEN} connections: ulimit -Hn says {descriptors[1]}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors[1], descriptors[1]))
    patient = {"GEOCLIMATE_API__KEEPALIVE_SECONDS": "3600"}
    few, many = serve(bench, [bench.model], patient), serve(bench, [bench.model], patient)
    idle = []
    try:
        before = many.resident_bytes()
        for _ in range(OPEN - load.CONNECTIONS):
            idle.append(ask_once(many.port))
        result = compare(bench.options, "connections", (few, many), ["-s", bench.script])
        result["bytes_per_idle_connection"] = round((many.resident_bytes() - before) / len(idle))
        result["idle"] = len(idle)
        for connection in idle:
            connection.setblocking(False)
            if readable(connection):
                raise SystemExit("the server ended an idle connection meanwhile")
        return result
    finally:
        for connection in idle:
            connection.close()
        few.stop()
        many.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)


def ask_once(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    if b" 200 " not in connection.recv(4096):
        raise SystemExit("an idle connection was not answered")
    return connection


def readable(connection):
    try:
        connection.recv(1)
        return True
    except BlockingIOError:
        return False


def compare(options, what, sides, extra):
    """A B A B ...: one pair for the caches, then the pairs that count."""
    pairs = []
    for number in range(options.pairs + 1):
        pair = [load.measure(server, "/predict", options.seconds if number else 1, extra) for server in sides]
        if number:
            pairs.append(pair)
            load.log(f"  {what}: few {pair[0]['cpu_seconds_per_million']:.2f} s, many {pair[1]['cpu_seconds_per_million']:.2f} s per million")
    return {
        "ratio": load.spread([few["cpu_seconds_per_million"] / many["cpu_seconds_per_million"] for few, many in pairs]),
        **{f"{side}_{figure}": round(statistics.median(pair[number][figure] for pair in pairs), 2)
           for number, side in enumerate(("few", "many")) for figure in pairs[0][0]},
    }


def failures(result):
    for what in ("models", "connections"):
        if result[what]["ratio"]["median"] < BAR:
            yield f"growth: {result[what]['ratio']['median']} × beside many {what}, the bar is {BAR} ×"
