"""A real platform that is watched: a server with data, callers of it, Prometheus, Alertmanager."""

import contextlib
import http.client
import os
import pathlib
import re
import sys
import threading

import backends
from services import Alertmanager, Notified, Prometheus, wait_for
from sources import ALERTMANAGER, PROMETHEUS, SOURCE

sys.path.insert(0, str(SOURCE / "tests/e2e"))
import program  # noqa: E402  of the end-to-end tests

ISSUED = [f"2020-12-{day}" for day in range(25, 32)]
AS_OF = ISSUED[-1]


class Stack(contextlib.ExitStack):
    """All of it, on free ports and in a folder of its own."""

    def __init__(self):
        super().__init__()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        self.folder = pathlib.Path(self.enter_context(program.scratch()))
        self.data = self.folder / "data"
        self.backends = {name: self.enter_context(backend) for name, backend in
                         backends.all_of_them().items()}
        self.settings = {}
        for backend in self.backends.values():
            self.settings |= backend.settings(self.folder)
        self._make_data()
        self.server = self.serve("--data-dir", self.data, "serve", "--as-of", AS_OF)
        self.notified = self.enter_context(Notified())
        self.alertmanager = self.enter_context(
            Alertmanager(self.folder / "alertmanager", self.notified))
        self.prometheus = self.enter_context(
            Prometheus(self.folder / "prometheus", [self.metrics_of(self.server)],
                       self.alertmanager, {**os.environ, "REGION": "us-east-1"}))
        self.callers = self.enter_context(Callers(self.server))
        # Prometheus counts from what it saw first.
        wait_for("a scrape", lambda: self.prometheus.query('model_swap_stall_seconds_count == 0'))
        wait_for("a caller whose question meets an exchange of models", self.exchange_models)

    def _make_data(self):
        files = sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))
        self.run("--data-dir", self.data, "ingest", *files)
        self.train()
        # Several days, so that what came of the earlier ones can be judged.
        for day in ISSUED:
            self.run("--data-dir", self.data, "issue", "--as-of", day)

    def train(self):
        self.run("--data-dir", self.data, "train", "--pollutants", "NO2", "--horizons", "1",
                    "--promote")

    def exchange_models(self):
        """Publishes a version; whether a turn of an I/O thread has overlapped an exchange by then."""
        self.train()
        metrics = self.server.request("GET", "/metrics", port=self.server.metrics_port).body.decode()
        return re.search(r"^model_swap_stall_seconds_count [1-9]", metrics, re.MULTILINE)

    def run(self, *arguments):
        program.run(*arguments, environment=self.settings)

    @contextlib.contextmanager
    def without(self, name):
        """A backend that is away."""
        with self.callers.forgiving():
            self.backends[name].stop()
            try:
                yield
            finally:
                self.backends[name].start()

    def serve(self, *arguments):
        return self.enter_context(program.Server(*arguments, environment=self.settings))

    @staticmethod
    def metrics_of(server):
        return f"127.0.0.1:{server.metrics_port}"

    def environment(self):
        """What the runbooks ask for."""
        url = "http://127.0.0.1:{}".format
        folders = [pathlib.Path(program.PROGRAM).resolve().parent, PROMETHEUS.parent,
                   ALERTMANAGER.parent]
        return {**os.environ, **self.settings, "API": url(self.server.port), "METRICS": url(self.server.metrics_port),
                "MANAGEMENT": url(self.server.management_port), "DATA_DIR": str(self.data),
                "AS_OF": AS_OF, "PROMETHEUS": self.prometheus.url,
                "ALERTMANAGER": self.alertmanager.url,
                "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]])}


class Callers(threading.Thread):
    """Asks questions of every kind again and again, right ones and wrong ones."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.ending = threading.Event()
        self.outage = threading.Event()
        self.statuses = set()
        self.failure = None

    def run(self):
        try:
            site = self.server.get("/v1/sites?limit=1").json()["sites"][0]["site_id"]
            features = self.server.get("/models?stage=production").json()[0]["features"]
            turn = 0
            while not self.ending.wait(0.3):
                turn += 1
                for question in self.questions(turn, site, features):
                    self.ask(*question)
        except Exception as failure:  # told by the test that reads it
            self.failure = failure

    def ask(self, method, target, body, headers):
        in_outage = self.outage.is_set()
        try:
            self.statuses.add(self.server.request(method, target, body, headers).status)
        except (http.client.HTTPException, ConnectionError):
            # A history that is on its way ends where its database does.
            if not (in_outage or self.outage.is_set()):
                raise

    @contextlib.contextmanager
    def forgiving(self):
        """Meanwhile an answer may break off."""
        self.outage.set()
        try:
            yield
        finally:
            self.outage.clear()

    @staticmethod
    def questions(turn, site, features):
        # Every row comes twice, so that some are found in the cache.
        row = {feature["name"]: 20.0 + turn // 2 % 50 for feature in features}
        numbers = ", ".join(str(value) for value in row.values())
        json_row = str(row).replace("'", '"')
        predict = f'{{"data": {json_row}, "model_name": "no2_d1"}}'
        some = f'{{"data": [{", ".join([json_row] * 300)}], "model_name": "no2_d1"}}'
        many = f'{{"data": [{", ".join([json_row] * 3000)}], "model_name": "no2_d1"}}'
        json = {"Content-Type": "application/json"}
        yield "GET", "/health", None, {}
        yield "GET", f"/v1/forecast?site={site}", None, {}
        yield "GET", f"/v1/current?site={site}", None, {}
        yield "GET", f"/v1/history?site={site}&pollutant=NO2&from=2020-12-01&to=2020-12-31", None, {}
        yield "GET", f"/v1/sites/{site}", None, {}
        yield "POST", "/predict", predict, json
        yield "POST", "/predict/batch", f'{{"data": [{json_row}, {json_row}], "model_name": "no2_d1"}}', json
        yield ("POST", "/v2/models/no2_d1/infer",
               '{"inputs": [{"name": "input", "shape": [1, %d], "datatype": "FP32", "data": [%s]}]}'
               % (len(row), numbers), json)
        # Long enough for the model's scheduler.
        yield "POST", "/predict/batch", some, json
        # A row that the model has no answer for, one that is none, a route that is none, no time.
        yield "POST", "/predict", '{"data": {}, "model_name": "no2_d1"}', json
        yield "POST", "/predict", '{"data": 7}', json
        yield "GET", "/no/such/route", None, {}
        yield "POST", "/predict/batch", many, {**json, "X-Request-Timeout-Ms": "1"}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()
