"""What a JSON batch costs beside the trees: see README.md."""

import json
import os
import random
import statistics

import load
import workload

ROWS = 1000
BODIES = 20
CONNECTIONS = 4


def ask(bench):
    random_numbers = random.Random(11)
    script = os.path.join(bench.folder, "batch.lua")
    workload.write_bodies_script(script, [
        json.dumps({"dataframe_split": {
            "columns": workload.FEATURES,
            "data": [[round(random_numbers.uniform(0, 100), 2) for _ in workload.FEATURES] for _ in range(ROWS)]}}, separators=(",", ":"))
        for _ in range(BODIES)])
    ours = bench.serve_model()
    try:
        runs = [measure(ours, bench.options.seconds if number else 1, script) for number in range(bench.options.pairs + 1)][1:]
    finally:
        ours.stop()
    return {
        "cpu_over_engine": load.spread([run["cpu_ns_per_row"] / run["engine_ns_per_row"] for run in runs]),
        **{figure: round(statistics.median(run[figure] for run in runs), 1) for figure in runs[0]},
    }


def measure(server, seconds, script):
    """Batches are scored on threads of their own, so that the kernel tells their time from that of parsing and rendering."""
    before = server.cpu_seconds_by_thread()
    requests, rate = load.wrk(server, "/predict/batch", seconds, ["-s", script], CONNECTIONS)
    after = server.cpu_seconds_by_thread()
    spent = {name: after[name] - before.get(name, 0) for name in after}
    engine = sum(spent[name] for name in spent if name.startswith("compute-"))
    result = {"rows_per_second": rate * ROWS, "cpu_ns_per_row": sum(spent.values()) / requests / ROWS * 1e9, "engine_ns_per_row": engine / requests / ROWS * 1e9}
    load.log(f"  batch: {result['rows_per_second']:.0f} rows/s, {result['cpu_ns_per_row']:.0f} ns of CPU a row, the trees {result['engine_ns_per_row']:.0f} ns of them")
    return result


def failures(result):
    return ()
