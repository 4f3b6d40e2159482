"""A whole installation on real services: trained, issued, with models in production, and two servers of it.

`server` is put under load; `other` is another process on the same services, which must agree with it.
"""
import datetime
import hashlib
import hmac
import http.client
import json
import random
import re
import shutil
import time

import costly_model
from program import AS_OF, PATIENCE, SOURCE, Server, run
from s3_server import ACCESS_KEY, BUCKET, SECRET_KEY

CHEAP, COSTLY, FOLLOWED = "cheap", "costly", "followed"
GOLDEN = SOURCE / "tests/golden/models"
COSTLY_PRODUCTS = 100  # about 3 ms a row
COSTLY_ROWS = 4  # of a request
COSTLY_PER_SECOND = 16
# Whoever computes forecasts holds a lease on their table: so they stay what they are while observations come.
LEASE = json.dumps({"holder": "the test", "turn": 1, "until": "2099-01-01T00:00:00Z"})


def metrics(server):
    return server.request("GET", "/metrics", port=server.metrics_port).body.decode()


def metric(server, series):
    found = re.search("^" + re.escape(series) + r" (\S+)$", metrics(server), re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def put_object(port, key, body):
    """One object by an S3 server on this machine; signed by AWS's version 4."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day, at = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    digest, path = hashlib.sha256(body).hexdigest(), f"/{BUCKET}/{key}"
    headers = {"host": f"127.0.0.1:{port}", "x-amz-content-sha256": digest, "x-amz-date": at}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    scope = f"{day}/us-east-1/s3/aws4_request"
    canonical = hashlib.sha256(f"PUT\n{path}\n\n{lines}\n{names}\n{digest}".encode()).hexdigest()
    secret = f"AWS4{SECRET_KEY}".encode()
    for part in (day, "us-east-1", "s3", "aws4_request", f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{canonical}"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names},"
                                f" Signature={secret.hex()}")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("PUT", path, body, headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise AssertionError(f"{key}: {answer.status} {answer.read()!r}")
    connection.close()


class Installation:
    def __init__(self, folder, postgres, redis, s3=None):
        self.folder, self.postgres, self.redis, self.s3 = folder, postgres, redis, s3
        self.data = folder / "data"
        self.data.mkdir()
        self.stored = postgres.environment() | (s3.environment() if s3 else {})
        self._prepare()
        serving = self.stored | redis.environment() | {
            # Queues of a test on a busy machine are not what is tested.
            "GEOCLIMATE_SERVING__BATCHING__MAX_WAIT_MS": "60000", "GEOCLIMATE_SERVING__CONCURRENCY__TARGET_MS": "60000"}
        self._other_data = folder / "other"
        self._other_data.mkdir()
        if not s3:
            # Models and tables are shared in a bucket, or in a folder.
            for name in ("models", "tables"):
                (self._other_data / name).symlink_to(self.data / name)
        self.server = Server("--data-dir", self.data, "serve", "--as-of", AS_OF, environment=serving)
        self.other = Server("--data-dir", self._other_data, "serve", "--as-of", AS_OF, environment=serving)
        self.logged = None  # rows of the prediction log that were there last; nothing without a log
        self._followed_row = self._rows(FOLLOWED, 1, 3)[0]

    def close(self):
        for server in (self.other, self.server):
            server.__exit__()

    def run(self, *arguments, check=True):
        return run("--data-dir", self.data, *arguments, environment=self.stored, check=check)

    def _prepare(self):
        files = sorted((SOURCE / "data/epa/daily").glob("epa_daily_losangeles_no2_*.csv.gz"))
        self.run("ingest", *files)
        self.run("train", "--pollutants", "NO2", "--horizons", "1", "--promote")
        self.run("issue", "--as-of", AS_OF)
        costly = self.folder / "costly.onnx"
        costly_model.write(costly, COSTLY_PRODUCTS)
        for name, file in ((CHEAP, GOLDEN / "xgb_squarederror.json"), (COSTLY, costly), (FOLLOWED, GOLDEN / "lgb_binary.txt")):
            self.promote(self.publish(name, file))
        if self.s3:
            put_object(self.s3.server.port, "platform/tables/lease.json", LEASE.encode())
        else:
            (self.data / "tables/lease.json").write_text(LEASE)

    def publish(self, name, file, check=True):
        """The id of a new version; None where that failed, and might."""
        result = self.run("models", "import", file, "--name", name, check=check)
        return result.stdout.split()[1] if result.returncode == 0 else None

    def promote(self, model_id):
        self.run("models", "promote", model_id, "--stage", "production", "--override-gate")

    def versions(self, name):
        return [version["model_id"] for version in json.loads(self.run("models", "list", "--name", name, "--json").stdout)]

    def _rows(self, model, count, seed):
        numbers = random.Random(seed)
        names = [feature["name"] for feature in self.server.get(f"/models?model_name={model}").json()[0]["features"]]
        return [{name: round(numbers.uniform(-1, 1), 3) for name in names} for _ in range(count)]

    def _reference(self, rows_by_model):
        """What a server alone with the files answers."""
        shutil.copy(GOLDEN / "xgb_squarederror.json", self.folder / f"{CHEAP}.json")
        with Server("serve", "--model", self.folder / f"{CHEAP}.json", "--model", self.folder / f"{COSTLY}.onnx",
                    environment={"GEOCLIMATE_SERVING__BATCHING__MAX_WAIT_MS": "60000"}) as alone:
            return {model: alone.post("/predict/batch", {"model_name": model, "data": rows}).json()["predictions"]
                    for model, rows in rows_by_model.items()}

    def _request(self, method, path, body=""):
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n{body}"

    def _predictions(self, kind, model, rows, expected, tolerance):
        body = json.dumps({"model_name": model, "data": rows})
        return {"kind": kind, "request": self._request("POST", "/predict/batch", body), "predictions": expected,
                "tolerance": tolerance}

    def _forecasts(self):
        sites = self.server.get("/v1/sites?pollutant=NO2&limit=1000").json()["sites"]
        forecasts = []
        for site in sites:
            path = f"/v1/forecast?site={site['site_id']}"
            answer = self.server.get(path)
            if answer.status == 200:
                forecasts.append({"kind": "forecast", "request": self._request("GET", path), "body": answer.body.decode()})
        if not forecasts:
            raise AssertionError("there is no forecast to ask for")
        return forecasts

    def write_requests(self, path, rate):
        """One in five for a forecast, some of the costly model, the rest cheap. Half of the costly ones are of few rows, which
        lie in Redis while it is well; the others are of many, which mostly have to be computed."""
        total = rate * 25
        costly = total * COSTLY_PER_SECOND // rate // 2
        rows = {CHEAP: self._rows(CHEAP, 500, 1), COSTLY: self._rows(COSTLY, (16 + costly) * COSTLY_ROWS, 2)}
        expected = self._reference(rows)
        batches = [self._predictions("costly", COSTLY, rows[COSTLY][at:at + COSTLY_ROWS], expected[COSTLY][at:at + COSTLY_ROWS],
                                     1e-3) for at in range(0, len(rows[COSTLY]), COSTLY_ROWS)]
        cheap = [self._predictions("cheap", CHEAP, [row], [value], 1e-6) for row, value in zip(rows[CHEAP], expected[CHEAP])]
        self.hot, cold = batches[:16], batches[16:]
        forecasts = self._forecasts()
        requests = []
        for i in range(total):
            step = i * 2 * costly // total
            if step != (i - 1) * 2 * costly // total:
                chosen = self.hot if step % 2 else cold
                requests.append(chosen[step // 2 % len(chosen)])
            else:
                requests.append(forecasts[i // 5 % len(forecasts)] if i % 5 == 0 else cheap[i % len(cheap)])
        path.write_text("\n".join(map(json.dumps, requests)))

    def log_differs(self):
        """How the prediction log in the database differs from what the servers say of it; empty when it does not. A program without a
        log has none that could differ."""
        series = 'prediction_log_entries_total{outcome="%s"}'
        if not any("prediction_log_entries_total" in metrics(server) for server in (self.server, self.other)):
            return ""
        counts = {outcome: sum(metric(server, series % outcome) for server in (self.server, self.other))
                  for outcome in ("stored", "spilled", "replayed", "replayed_again")}
        waiting = sum(metric(server, "prediction_log_spill_bytes") for server in (self.server, self.other))
        rows = int(self.postgres.server.query(self.postgres.database, "SELECT count(*) FROM predictions")[0])
        self.logged = rows
        whole = (waiting == 0 and rows == counts["stored"] + counts["replayed"]
                 and counts["spilled"] == counts["replayed"] + counts["replayed_again"])
        return "" if whole else f"{rows} rows, {waiting} bytes wait, {counts}"

    def hits(self, server):
        return metric(server, 'cache_hits_total{cache="prediction",tier="redis",model="costly"}')

    def ask_hot(self, server):
        """Of the costly rows that all processes ask for."""
        for request in self.hot:
            body = request["request"].split("\r\n\r\n", 1)[1]
            answer = server.post("/predict/batch", body)
            values = answer.json()["predictions"] if answer.status == 200 else []
            if len(values) != COSTLY_ROWS or any(abs(v - e) > 1e-3 * max(1, abs(e)) for v, e in zip(values, request["predictions"])):
                raise AssertionError(f"{answer.status} {answer.body!r}")

    def followed(self, server):
        """The version of FOLLOWED that answers."""
        answer = server.post("/predict", {"model_name": FOLLOWED, "data": self._followed_row})
        return answer.json()["model_id"]

    def await_condition(self, condition, what, patience=PATIENCE):
        """Seconds until it holds."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() > begin + patience:
                raise AssertionError(f"never came: {what}; {self.server.stderr()[-3000:]}")
            time.sleep(0.02)
        return time.monotonic() - begin
