#!/usr/bin/env python3
"""What does the tier in Redis cost and save a request: of a cheap model and of a costly one, when it works and when it stalls?

Servers of the same two models: alone; with Redis; with Redis through a relay that lets nothing pass. One caller asks them in
turn, a row each that none was asked before, so that every memory misses. A fourth server with Redis is asked the rows of the
second once it has computed them: it finds them there. A line of JSON for each model: p50 and p99 in ms, and ratios.

    redis_latency.py PROGRAM [ROWS]    rows of the costly model; ten times as many of the cheap one
"""
import http.client
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/fault"))
import costly_model
from relay import Relay

CHEAP = ROOT / "tests/golden/models/xgb_squarederror.json"


class Server:
    def __init__(self, program, models, environment):
        command = [program, "serve", *(word for model in models for word in ("--model", str(model)))]
        ports = ["--port", "0", "--grpc-port", "0", "--management-port", "0", "--metrics-port", "0"]
        self.process = subprocess.Popen(command + ports, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True, env=environment)
        self.port = self.metrics = None
        for line in self.process.stdout:
            if found := re.search(r"127\.0\.0\.1:(\d+)/(docs|metrics)", line):
                setattr(self, "port" if found[2] == "docs" else "metrics", int(found[1]))
            if self.metrics:
                break
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def models(self):
        self.connection.request("GET", "/models")
        return json.loads(self.connection.getresponse().read())

    def ask(self, model, row):
        """Seconds, and whether the row was found in a cache."""
        body = json.dumps({"model_name": model, "data": row})
        begin = time.perf_counter()
        self.connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        text = response.read()
        took = time.perf_counter() - begin
        if response.status != 200:
            raise SystemExit(text.decode())
        return took, json.loads(text)["cached"]


def quantiles(took):
    took = sorted(took)
    return {f"p{q}": round(took[int(len(took) * q / 100)] * 1000, 3) for q in (50, 99)}


def measure(model, names, servers, rows):
    numbers = random.Random(5)
    took = {name: [] for name in servers}
    found = 0
    earlier = []
    for i in range(rows + 50):
        row = {name: numbers.uniform(-1, 1) for name in names}
        order = list(servers)
        numbers.shuffle(order)
        for name in order:
            # Half a hundred rows ago, so that what the other computed has been written.
            asked = earlier[i - 50] if name == "found in redis" and i >= 50 else row
            seconds, cached = servers[name].ask(model, asked)
            if i >= 50:
                took[name].append(seconds)
                found += name == "found in redis" and cached
        earlier.append(row)
    result = {name: quantiles(times) for name, times in took.items()}
    line = {"model": model, "rows": rows, "ms": result, "found": round(found / rows, 3)}
    for name in ("redis", "redis stalled", "found in redis"):
        line[f"{name} / alone"] = {q: round(result[name][q] / result["alone"][q], 2) for q in ("p50", "p99")}
    print(json.dumps(line), flush=True)


def main():
    program, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500
    with tempfile.TemporaryDirectory(prefix="geoclimate-bench-redis-") as name:
        folder = pathlib.Path(name)
        costly_model.write(folder / "costly.onnx", products=300)
        socket = folder / "redis.sock"
        redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "",
                                  "--logfile", str(folder / "log"), "--dir", name])
        servers = {}
        try:
            with Relay(str(socket)) as relay:
                while not socket.exists():
                    time.sleep(0.02)

                def start(label, url):
                    environment = {}
                    if url:
                        (folder / label).write_text(url)
                        environment = {"GEOCLIMATE_CACHING__REDIS__ENABLED": "true",
                                       "GEOCLIMATE_CACHING__REDIS__URL_FILE": str(folder / label),
                                       "GEOCLIMATE_CACHING__REDIS__EXPECT__MAX_MEMORY": "0",
                                       "GEOCLIMATE_CACHING__REDIS__EXPECT__EVICTION_POLICY": '""',
                                       "GEOCLIMATE_CACHING__WARM__ON_START": "false"}
                    servers[label] = Server(program, [folder / "costly.onnx", CHEAP], environment)

                start("alone", None)
                start("redis", f"unix://{socket}")
                start("redis stalled", f"redis://127.0.0.1:{relay.port}")
                start("found in redis", f"unix://{socket}")
                time.sleep(2)  # each has measured its round trip
                relay.stall()
                for model in servers["alone"].models():
                    names = [feature["name"] for feature in model["features"]]
                    costly = model["model_name"] == "costly"
                    measure(model["model_name"], names, servers, rows if costly else 10 * rows)
                for server in servers.values():
                    server.process.terminate()
        finally:
            for server in servers.values():
                server.process.terminate()
                server.process.wait()
            redis.terminate()
            redis.wait()


if __name__ == "__main__":
    main()
