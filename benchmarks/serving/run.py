"""CPU per request of geoclimate serve against NGINX answering a constant of the same size: see README.md.

    run.py [--program FILE] [--data-dir DIR] [--pairs N] [--seconds N] [--out FILE] [QUESTION...]

QUESTION: predict, kserve-binary, grpc, forecast, not-modified, transport, allocations, start, latency, reload, growth, balance, batch;
all by default. Ends with 1 when a bar is missed.
"""

import argparse
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import balance
import batch
import growth
import latency
import reload
import servers
import workload
from load import CONNECTIONS, log, measure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The reference's CPU per request over ours, at least: NGINX's, of grpc that of a bare callback server.
BARS = {"predict": 0.55, "kserve-binary": 0.6, "grpc": 0.85, "forecast": 0.9, "not-modified": 0.9, "transport": 0.9}
# Heap allocations per request, at most.
ALLOCATION_BARS = {"predict": 2, "forecast": 0, "not-modified": 0}
# At most.
START_BARS = {"milliseconds_to_ready": 300, "resident_megabytes": 200}
STARTS = 15
QUESTIONS = ["predict", "kserve-binary", "grpc", "forecast", "not-modified", "transport", "allocations", "start"]
# Each a module with ask(Bench) and failures(what ask() gave).
FURTHER_QUESTIONS = {"latency": latency, "reload": reload, "growth": growth, "balance": balance, "batch": batch}


def measure_grpc(program, server, seconds):
    before = server.cpu_seconds()
    out = subprocess.run(
        ["taskset", "-c", servers.CLIENT_CORE, program, str(server.grpc_port), str(CONNECTIONS), str(seconds), str(len(workload.FEATURES)), "benchmark"],
        check=True, capture_output=True, text=True).stdout
    requests = int(out)
    return {"cpu_seconds_per_million": (server.cpu_seconds() - before) / requests * 1e6, "requests_per_second": requests / seconds}


def compare(question, ours, nginx, path, options, extra):
    return compare_by(question, lambda server, seconds: measure(server, path, seconds, extra), ours, nginx, options)


def compare_by(question, measure_one, ours, reference, options):
    """A B A B ...: one pair for the caches, then the pairs that count."""
    pairs = []
    for number in range(options.pairs + 1):
        pair = [measure_one(server, options.seconds if number else 1) for server in (reference, ours)]
        if number:
            pairs.append(pair)
            log(f"  {question}: {reference.name} {pair[0]['cpu_seconds_per_million']:.2f} s, ours {pair[1]['cpu_seconds_per_million']:.2f} s per million")
    ratios = [a["cpu_seconds_per_million"] / b["cpu_seconds_per_million"] for a, b in pairs]

    def median(side, what):
        return round(statistics.median(pair[side][what] for pair in pairs), 2)

    return {
        "ratio": round(statistics.median(ratios), 3), "ratio_min": round(min(ratios), 3), "ratio_max": round(max(ratios), 3),
        "bar": BARS[question],
        **{f"{name}_{what}": median(side, what) for side, name in enumerate((reference.name, "ours")) for what in ("cpu_seconds_per_million", "requests_per_second")},
    }


def read_count(path):
    with open(path, "rb") as file:
        return struct.unpack("QQ", file.read(16))


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.model = os.path.join(folder, "benchmark.json")
        self.script = os.path.join(folder, "predict.lua")
        workload.write_model(self.model)
        workload.write_wrk_script(self.script)

    def serve_model(self, environment=None):
        return servers.geoclimate(self.options.program, ["--data-dir", os.path.join(self.folder, "none")], environment, ["--model", self.model])

    def prepare_forecasts(self):
        data = self.options.data_dir
        ready = os.path.join(data, "serving-benchmark")
        if not os.path.exists(ready):
            log(f"== ingesting and training into {data}, some minutes, once")
            for verb in (["ingest", os.path.join(ROOT, "data/epa/daily")], ["train", "--promote"], ["issue", "--as-of", self.options.as_of]):
                subprocess.run([self.options.program, "--data-dir", data, *verb], check=True, stdout=sys.stderr)
            open(ready, "w").close()
        return data

    def serve_forecasts(self, environment=None, patience=0.05):
        data = self.prepare_forecasts()
        return servers.geoclimate(self.options.program, ["--data-dir", data], environment, ["--as-of", self.options.as_of], patience)

    def forecast_path(self, server):
        """Of the site whose forecast is of median length."""
        bulk = json.load(urllib.request.urlopen(server.url("/v1/forecast?bbox=-180,-90,180,90")))
        sites = sorted(bulk["sites"], key=lambda site: len(json.dumps(site)))
        site = sites[len(sites) // 2]
        return f"/v1/forecast?site={site['site_id']}"

    def etag_field(self, server, path):
        with urllib.request.urlopen(server.url(path)) as answer:
            return ["-H", f"If-None-Match: {answer.headers['ETag']}"], len(answer.read())

    def against_nginx(self, question, ours, path, body_bytes, extra=(), status=200):
        nginx = servers.Nginx(body_bytes, status)
        try:
            return {"body_bytes": body_bytes, **compare(question, ours, nginx, path, self.options, extra)}
        finally:
            nginx.stop()

    def predict(self):
        ours = self.serve_model()
        try:
            request = urllib.request.Request(ours.url("/predict"), workload.bodies()[0].encode(), {"Content-Type": "application/json"})
            answer = urllib.request.urlopen(request).read()
            log(f"  {answer.decode()}")
            return self.against_nginx("predict", ours, "/predict", len(answer), ["-s", self.script])
        finally:
            ours.stop()

    def kserve_binary(self):
        """A row as a binary tensor, the answer binary too."""
        ours = self.serve_model()
        try:
            script = os.path.join(self.folder, "kserve.lua")
            head, bodies = workload.binary_bodies()
            workload.write_binary_wrk_script(script, head, bodies)
            request = urllib.request.Request(ours.url(workload.INFER_PATH), bodies[0], {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(head)})
            answer = urllib.request.urlopen(request).read()
            log(f"  {answer}")
            return self.against_nginx("kserve-binary", ours, workload.INFER_PATH, len(answer), ["-s", script])
        finally:
            ours.stop()

    def grpc(self):
        ours = self.serve_model()
        echo = servers.GrpcEcho(self.options.bench_dir)
        try:
            load = os.path.join(self.options.bench_dir, "grpc_load")
            return compare_by("grpc", lambda server, seconds: measure_grpc(load, server, seconds), ours, echo, self.options)
        finally:
            echo.stop()
            ours.stop()

    def forecast(self):
        ours = self.serve_forecasts()
        try:
            path = self.forecast_path(ours)
            _, size = self.etag_field(ours, path)
            return self.against_nginx("forecast", ours, path, size)
        finally:
            ours.stop()

    def not_modified(self):
        ours = self.serve_forecasts()
        try:
            path = self.forecast_path(ours)
            field, _ = self.etag_field(ours, path)
            status = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *field, ours.url(path)], capture_output=True, text=True, check=True)
            if status.stdout != "304":
                raise SystemExit(f"If-None-Match was answered {status.stdout}")
            return self.against_nginx("not-modified", ours, path, 0, field, 304)
        finally:
            ours.stop()

    def transport(self):
        port = servers.free_port()
        ours = servers.Server("transport_server", [self.options.bench_dir + "/transport_server", str(port), "400"], port)
        ours.wait_until("/constant")
        try:
            return self.against_nginx("transport", ours, "/constant", 400)
        finally:
            ours.stop()

    def allocations(self):
        """Counted in the whole server while it answers, after it is warm."""
        counts = os.path.join(self.folder, "counts")
        environment = {"LD_PRELOAD": self.options.bench_dir + "/libcount_allocations.so", "COUNT_ALLOCATIONS_IN": counts}
        results = {}

        def count(question, server, path, extra):
            # Both looks fall into one run of wrk: its connections are there, its buffers have grown.
            seconds = self.options.seconds
            run = subprocess.Popen(
                ["taskset", "-c", servers.CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds + 2}s", *extra, server.url(path)],
                stdout=subprocess.PIPE, text=True)
            time.sleep(1)
            before = read_count(counts)
            time.sleep(seconds)
            after = read_count(counts)
            out, _ = run.communicate()
            requests = round(int(re.search(r"(\d+) requests in", out).group(1)) * seconds / (seconds + 2))
            results[question] = {
                "requests_about": requests, "bar": ALLOCATION_BARS[question],
                "allocations_of_io_threads": after[1] - before[1], "allocations_of_other_threads": after[0] - before[0] - after[1] + before[1],
                "per_request": round((after[1] - before[1]) / requests, 3),
            }

        ours = self.serve_model(environment)
        count("predict", ours, "/predict", ["-s", self.script])
        ours.stop()
        ours = self.serve_forecasts(environment)
        path = self.forecast_path(ours)
        count("forecast", ours, path, [])
        count("not-modified", ours, path, self.etag_field(ours, path)[0])
        ours.stop()
        return results

    def start(self):
        """From the birth of the process until it says that it is ready, with the demo's models and forecasts."""
        self.prepare_forecasts()
        milliseconds, cpu, megabytes = [], [], []
        for _ in range(STARTS):
            begin = time.monotonic()
            ours = self.serve_forecasts(patience=0.001)
            milliseconds.append(1000 * (time.monotonic() - begin))
            cpu.append(1000 * ours.cpu_seconds())
            megabytes.append(ours.resident_bytes() / 1e6)
            ours.stop()
        return {
            "milliseconds_to_ready": round(statistics.median(milliseconds), 1), "min": round(min(milliseconds), 1),
            "max": round(max(milliseconds), 1), "cpu_milliseconds": round(statistics.median(cpu), 1), "resident_megabytes": round(max(megabytes), 1), "bars": START_BARS,
        }


def failures(results):
    for question, bar in BARS.items():
        if question in results and results[question]["ratio"] < bar:
            yield f"{question}: {results[question]['ratio']} × the reference, the bar is {bar} ×"
    for question, counted in results.get("allocations", {}).items():
        # The number of requests between the two looks is not known exactly.
        if counted["per_request"] > counted["bar"] * 1.05:
            yield f"{question}: {counted['per_request']} allocations per request, the bar is {counted['bar']}"
    for what, bar in START_BARS.items():
        if "start" in results and results["start"][what] > bar:
            yield f"start: {results['start'][what]} {what.replace('_', ' ')}, the bar is {bar}"
    for question, module in FURTHER_QUESTIONS.items():
        if question in results:
            yield from module.failures(results[question])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", default=[*QUESTIONS, *FURTHER_QUESTIONS])
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/geoclimate"))
    parser.add_argument("--bench-dir", default=os.path.join(ROOT, "build/bench/benchmarks/serving"))
    parser.add_argument("--data-dir", default=os.path.join(ROOT, "build/bench-data"))
    parser.add_argument("--as-of", default="2020-12-31", help="the last day of the data")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--out", default=os.path.join(ROOT, "build/bench/serving.json"))
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory(prefix="serving-") as folder:
        bench = Bench(options, folder)
        for question in options.questions:
            log(f"== {question}")
            if question in FURTHER_QUESTIONS:
                results[question] = FURTHER_QUESTIONS[question].ask(bench)
            else:
                results[question] = getattr(bench, question.replace("-", "_"))()
    print(json.dumps(results, indent=1))
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    with open(options.out, "w") as file:
        json.dump(results, file, indent=1)
    missed = list(failures(results))
    for line in missed:
        log(f"MISSED {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
