"""Many callers at once of a server that hands every row to its scheduler: each gets the answers to its own rows."""

import csv
import http.client
import json
import math
import random
import socket
import sys
import threading
import unittest

from program import PATIENCE, SOURCE, Server

MODELS = SOURCE / "tests/golden/models"
FILES = ("xgb_squarederror.json", "lgb_l1.txt")
NAMES = [file.split(".")[0] for file in FILES]
CALLERS = 24
REQUESTS = 60


def golden(server, name):
    """Rows that JSON can hold as request members, and what the library answered."""
    model = next(m for m in server.get("/models").json() if m["model_name"] == name)
    names = [feature["name"] for feature in model["features"]]
    with open(MODELS / f"{name}.csv", newline="", encoding="utf-8") as file:
        table = list(csv.reader(file))
    answer = table[0].index("a0")
    rows = []
    for line in table[1:]:
        values = [float(value) for value in line[:len(names)]]
        if all(math.isnan(value) or abs(value) < 3e38 for value in values):
            row = {n: None if math.isnan(v) else v for n, v in zip(names, values)}
            rows.append((row, float(line[answer])))
    return rows


class Caller(threading.Thread):
    """One keep-alive connection that asks for predictions, batches and explanations, and gives up now and then."""

    def __init__(self, port, seed, rows):
        super().__init__()
        self.port = port
        self.random = random.Random(seed)
        self.rows = rows
        self.wrong = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        for _ in range(REQUESTS):
            name = self.random.choice(NAMES)
            kind = self.random.random()
            if kind < 0.1:
                self.give_up(name)
            elif kind < 0.4:
                self.ask_batch(connection, name)
            elif kind < 0.5:
                self.ask_explanation(connection, name)
            else:
                self.ask_one(connection, name)
        connection.close()

    def ask(self, connection, target, body):
        connection.request("POST", target, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            self.wrong.append((target, response.status, answer))
        return answer

    def check(self, expected, answered):
        if len(expected) != len(answered) or any(
                abs(a - b) > 1e-5 * max(1, abs(a)) for a, b in zip(expected, answered)):
            self.wrong.append((expected, answered))

    def ask_one(self, connection, name):
        row, expected = self.random.choice(self.rows[name])
        answer = self.ask(connection, "/predict", {"data": row, "model_name": name})
        self.check([expected], answer.get("predictions", []))

    def ask_batch(self, connection, name):
        chosen = self.random.choices(self.rows[name], k=self.random.choice((1, 3, 40, 700)))
        answer = self.ask(connection, "/predict/batch",
                          {"data": [row for row, _ in chosen], "model_name": name})
        self.check([expected for _, expected in chosen], answer.get("predictions", []))

    def ask_explanation(self, connection, name):
        row, expected = self.random.choice(self.rows[name])
        answer = self.ask(connection, "/explain", {"data": row, "model_name": name})
        self.check([expected], [answer.get("prediction", 0)])

    def give_up(self, name):
        """Sends a batch and goes before the answer."""
        body = json.dumps({"data": [row for row, _ in self.rows[name]] * 10, "model_name": name})
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as gone:
            gone.sendall(f"POST /predict/batch HTTP/1.1\r\nHost: localhost\r\n"
                         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
                         .encode())


class SchedulingTest(unittest.TestCase):
    def serve(self, **settings):
        arguments = ["serve"]
        for file in FILES:
            arguments += ["--model", MODELS / file]
        environment = {f"GEOCLIMATE_SERVING__{key}": str(value) for key, value in settings.items()}
        return Server(*arguments, environment=environment)

    def call(self, server):
        rows = {name: golden(server, name) for name in NAMES}
        callers = [Caller(server.port, seed, rows) for seed in range(CALLERS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.assertEqual([wrong for caller in callers for wrong in caller.wrong][:3], [])
        metrics = server.request("GET", "/metrics", port=server.metrics_port).body.decode()
        executed = [line for line in metrics.splitlines()
                    if line.startswith("prediction_execution_rows_count")]
        return sum(float(line.split()[-1]) for line in executed)

    def test_every_row_by_the_scheduler(self):
        with self.serve(BATCHING__INLINE_BELOW_US=0, BATCHING__MAX_ROWS=32, INSTANCES=2,
                        COMPUTE_THREADS=2, BATCHING__MAX_WAIT_MS=60000,
                        CONCURRENCY__TARGET_MS=60000) as server:
            self.assertGreater(self.call(server), 0)

    def test_long_batches_by_the_scheduler(self):
        with self.serve(BATCHING__MAX_WAIT_MS=60000, CONCURRENCY__TARGET_MS=60000,
                        BALANCER="round_robin", INSTANCES=2) as server:
            self.call(server)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
