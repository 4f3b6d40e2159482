"""Callers over HTTP whose requests are valid: each answer is compared with that of the version it names."""

import csv
import http.client
import io
import json
import socket

import numpy

from program import PATIENCE
from soak.catalogue import CHANGING, FILES, decode_binary, encode_binary
from soak.tally import Caller

# Of a batch; the last ones are long enough for the scheduler under the default settings.
SIZES = (1, 2, 3, 16, 17, 40, 64, 65, 250, 700, 3000)
SIZE_WEIGHTS = (12, 6, 6, 6, 6, 6, 4, 4, 3, 2, 1)
JSON = {"Content-Type": "application/json"}
ROW_MODELS = ("tree", "tree", "tree", "light", "light", "named", "graph")


class HttpCaller(Caller):
    """One connection, kept alive for some requests and then replaced."""

    def __init__(self, port, catalogue, pinned, *arguments):
        super().__init__(*arguments)
        self.port = port
        self.catalogue = catalogue
        self.pinned = pinned  # by name: the model_id that has the alias "fixed"
        self.connection = None
        self.last_ids = {}
        self.turns = [(self.predict, 10), (self.predict_by_id, 3), (self.batch, 6), (self.csv_batch, 3), (self.explain, 3),
                      (self.infer_json, 4), (self.infer_binary, 8), (self.infer_version, 3), (self.hurried, 1),
                      (self.read_only, 1)]

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def turn(self):
        if self.connection is not None and self.random.random() < 0.05:
            self.close()
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            self.pick(self.turns)()
        except Exception:
            self.close()
            raise

    def ask(self, target, body, headers):
        headers = dict(headers)
        if self.random.random() < 0.5:
            headers["X-Routing-Key"] = f"caller {self.random.randrange(200)}"
        if self.random.random() < 0.2:
            headers.setdefault("X-Request-Timeout-Ms", "30000")
        if self.random.random() < 0.1:
            headers["Accept-Encoding"] = "identity"
        self.connection.request("POST", target, body, headers)
        response = self.connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    def choose_rows(self, name, size=None):
        size = size or self.random.choices(SIZES, SIZE_WEIGHTS)[0]
        return numpy.array(self.random.choices(range(len(self.catalogue.rows[name])), k=size))

    def check(self, kind, file, indices, given):
        wrong = self.catalogue.difference(file, indices, given)
        if wrong is not None:
            self.tally.fault(f"{self.name}: {kind}: {wrong}")
        self.tally.count(kind)
        self.tally.count("values compared", self.catalogue.answers[file][indices].size)

    def expect(self, kind, status, body):
        if status != 200:
            self.tally.fault(f"{self.name}: {kind}: status {status}: {body[:300]}")
        return status == 200

    def check_prediction(self, kind, name, indices, answer):
        status, _, body = answer
        if not self.expect(kind, status, body):
            return
        said = json.loads(body)
        self.last_ids[name] = said["model_id"]
        self.check(kind, self.catalogue.file_of(said["model_id"]), indices, said["predictions"])
        if said["input_shape"] != [len(indices), len(self.catalogue.rows[name].features)]:
            self.tally.fault(f"{self.name}: {kind}: input_shape {said['input_shape']} of {len(indices)} rows")

    def predict(self):
        name = self.random.choice(ROW_MODELS)
        indices = self.choose_rows(name, 1)
        body = {"model_name": name, "data": self.catalogue.rows[name].dicts[indices[0]]}
        self.check_prediction("predict", name, indices, self.ask("/predict", json.dumps(body), JSON))

    def predict_by_id(self):
        """By alias, which is always there, or by an id of a former answer, which may have gone."""
        name = self.random.choice(CHANGING)
        indices = self.choose_rows(name, 1)
        former = self.last_ids.get(name) if self.random.random() < 0.5 else None
        body = {"model_id": former or f"{name}@fixed", "data": self.catalogue.rows[name].dicts[indices[0]]}
        answer = self.ask("/predict", json.dumps(body), JSON)
        if former is not None and answer[0] in (404, 503):
            self.tally.count("a version of a former answer has gone")
            del self.last_ids[name]
            return
        self.check_prediction("predict by id", name, indices, answer)
        if answer[0] == 200 and json.loads(answer[2])["model_id"] != (former or self.pinned[name]):
            self.tally.fault(f"{self.name}: {body['model_id']} was answered by another version")

    def batch(self):
        name = self.random.choice(ROW_MODELS)
        rows, indices = self.catalogue.rows[name], self.choose_rows(name)
        if self.random.random() < 0.5:
            body = {"data": [rows.dicts[i] for i in indices]}
        else:
            body = {"dataframe_split": {"columns": rows.features, "data": [rows.values[i] for i in indices]}}
        body["model_name"] = name
        self.check_prediction("batch", name, indices, self.ask("/predict/batch", json.dumps(body), JSON))

    def csv_batch(self):
        name = self.random.choice(ROW_MODELS)
        rows, indices = self.catalogue.rows[name], self.choose_rows(name)
        head = io.StringIO()
        csv.writer(head, lineterminator="\n").writerow(rows.features)
        body = (head.getvalue() + "".join(rows.lines[i] + "\n" for i in indices)).encode()
        answer = self.ask(f"/predict/batch?model_name={name}", body, {"Content-Type": "text/csv"})
        self.check_prediction("CSV batch", name, indices, answer)

    def explain(self):
        """Golden rows, because the library has told its contributions for these."""
        name = self.random.choice(("tree", "light", "named"))
        rows = self.catalogue.rows[name]
        index = self.random.randrange(rows.golden)
        status, _, body = self.ask("/explain", json.dumps({"model_name": name, "data": rows.dicts[index]}), JSON)
        if not self.expect("explain", status, body):
            return
        said = json.loads(body)
        file = self.catalogue.file_of(said["model_id"])
        self.check("explain", file, numpy.array([index]), [said["prediction"]])
        theirs = self.catalogue.contributions.get(file)
        if theirs is None:
            return
        ours = [one["contribution"] for one in said["contributions"]] + [said["base_value"]]
        largest = max(1, numpy.abs(theirs[index]).max())
        if len(ours) != len(theirs[index]) or numpy.abs(ours - theirs[index]).max() > 1e-5 * largest:
            self.tally.fault(f"{self.name}: explain: {file}, row {index}: {ours} instead of {theirs[index]}")
        self.tally.count("contributions compared", len(ours))

    def infer_json(self):
        name = self.random.choice(list(FILES))
        indices = self.choose_rows(name)
        flat = [value for i in indices for value in self.catalogue.rows[name].values[i]]
        body = {"id": str(indices[0]), "inputs": [{"name": "input", "datatype": "FP32", "data": flat,
                                                   "shape": [len(indices), len(flat) // len(indices)]}]}
        status, _, answer = self.ask(f"/v2/models/{name}/infer", json.dumps(body), JSON)
        if not self.expect("infer, JSON", status, answer):
            return
        said = json.loads(answer)
        if said["id"] != body["id"]:
            self.tally.fault(f"{self.name}: the answer to {body['id']} has the id {said['id']}")
        file = self.catalogue.file_of_number(name, said["model_version"])
        self.check("infer, JSON", file, indices, said["outputs"][0]["data"])

    def infer_binary(self):
        name = self.random.choice(list(FILES))
        self._infer_binary("infer, binary", name, f"/v2/models/{name}/infer")

    def infer_version(self):
        name = self.random.choice(CHANGING)
        self._infer_binary("infer, of a version", name, f"/v2/models/{name}/versions/1/infer", "1")

    def _infer_binary(self, kind, name, target, version=None):
        indices = self.choose_rows(name)
        status, headers, answer = self.ask(target, *encode_binary(self.catalogue.rows[name].array[indices]))
        if not self.expect(kind, status, answer):
            return
        head, given = decode_binary(headers, answer)
        if version is not None and head["model_version"] != version:
            self.tally.fault(f"{self.name}: version {version} was answered by {head['model_version']}")
        self.check(kind, self.catalogue.file_of_number(name, head["model_version"]), indices, given)

    def hurried(self):
        """So little time that it may pass before the rows are scored: a right answer, or 504."""
        indices = self.choose_rows("tree", 700)
        body = {"model_name": "tree", "data": [self.catalogue.rows["tree"].dicts[i] for i in indices]}
        answer = self.ask("/predict/batch", json.dumps(body), {**JSON, "X-Request-Timeout-Ms": "1"})
        if answer[0] == 504:
            self.tally.count("deadline passed")
        else:
            self.check_prediction("hurried batch", "tree", indices, answer)

    def read_only(self):
        target = self.random.choice(("/health", "/models", "/metrics", "/v2/models/tree/stats", "/v2/models/graph",
                                     "/models/tree/traffic", "/models?model_name=light", "/openapi.json"))
        self.connection.request("GET", target)
        response = self.connection.getresponse()
        if self.expect(target, response.status, response.read()):
            self.tally.count("read only")


class PipeliningCaller(Caller):
    """Many requests before the first answer, which come in order."""

    def __init__(self, port, catalogue, *arguments):
        super().__init__(*arguments)
        self.port = port
        self.catalogue = catalogue

    def turn(self):
        rows = self.catalogue.rows["tree"]
        asked = [self.random.randrange(len(rows)) for _ in range(self.random.randrange(2, 40))]
        sent = b""
        for index in asked:
            body, headers = encode_binary(rows.array[index:index + 1], id=str(index))
            fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            sent += (f"POST /v2/models/tree/infer HTTP/1.1\r\nHost: localhost\r\n{fields}"
                     f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(sent)
            stream = connection.makefile("rb")
            for index in asked:
                self.check(index, *read_answer(stream))
        self.stop.wait(0.02)  # others want the processor too

    def check(self, index, status, headers, body):
        if status != 200:
            self.tally.fault(f"{self.name}: status {status}: {body[:300]}")
            return
        head, given = decode_binary(headers, body)
        file = self.catalogue.file_of_number("tree", head["model_version"])
        wrong = self.catalogue.difference(file, numpy.array([index]), given)
        if wrong is not None or head["id"] != str(index):
            self.tally.fault(f"{self.name}: id {head['id']} for {index}: {wrong}")
        self.tally.count("pipelined")
        self.tally.count("values compared")


def read_answer(stream):
    """Status, fields and body of one answer with a length."""
    line = stream.readline()
    if not line:
        raise ConnectionError("closed before an answer")
    headers = {}
    while (field := stream.readline()) not in (b"\r\n", b""):
        name, value = field.decode("latin-1").split(":", 1)
        headers[name.lower()] = value.strip()
    return int(line.split()[1]), headers, stream.read(int(headers.get("content-length", 0)))
