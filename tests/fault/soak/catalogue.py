"""The models of the soak: which file is which version of a name, and what each answers to each row."""

import csv
import json
import pathlib
import random
import struct

import numpy

from program import SOURCE, Server, run

MODELS = SOURCE / "tests/golden/models"
# By name of the registry. The versions of a name take the same features and answer differently.
FILES = {
    "tree": ["xgb_forest.json", "xgb_lossguide.ubj", "xgb_tweedie.json", "xgb_absolute.json", "xgb_poisson.json"],
    "light": ["lgb_l1.txt", "lgb_tweedie.txt", "lgb_sqrt.txt", "lgb_poisson.txt"],
    "named": ["xgb_squarederror.json", "old_xgb_squarederror.json"],
    "three": ["xgb_softprob.json"],
    "graph": ["onnx/xgb_squarederror.onnx", "onnx/lgb_regression.onnx"],
}
# Their versions come and go; those of the others stay as they were at the start.
CHANGING = ("tree", "light")
FEATURES = 4
RANDOM_ROWS = 1500


def table_of(file):
    """The golden table beside a file: texts of the features, and answers of the library."""
    with open((MODELS / pathlib.Path(file).name).with_suffix(".csv"), newline="", encoding="utf-8") as stream:
        lines = list(csv.reader(stream))
    answers = [i for i, head in enumerate(lines[0]) if head.startswith("a")]
    return [line[:FEATURES] for line in lines[1:]], [[float(line[i]) for i in answers] for line in lines[1:]]


def random_rows():
    source = random.Random(5)
    return [["nan" if source.random() < 0.1 else f"{source.gauss(0, 1):.2f}" for _ in range(FEATURES)]
            for _ in range(RANDOM_ROWS)]


class Rows:
    """The rows that are asked of one name, in every form that a caller may send them in."""

    def __init__(self, texts, golden, features):
        self.golden = golden  # so many of the first are those of the golden table
        self.features = features
        self.array = numpy.array(texts, dtype=numpy.float64).astype(numpy.float32)
        self.values = [[None if text == "nan" else float(text) for text in row] for row in texts]
        self.dicts = [dict(zip(features, row)) for row in self.values]
        self.lines = [",".join("" if text == "nan" else text for text in row) for row in texts]

    def __len__(self):
        return len(self.array)


def encode_binary(rows, **members):
    """The head and the tensor of an inference with binary input."""
    tensor = numpy.ascontiguousarray(rows).tobytes()
    head = json.dumps({"inputs": [{"name": "input", "shape": list(rows.shape), "datatype": "FP32",
                                   "parameters": {"binary_data_size": len(tensor)}}],
                       "parameters": {"binary_data_output": True}, **members}).encode()
    return head + tensor, {"Inference-Header-Content-Length": str(len(head))}


def decode_binary(headers, body):
    """The head of a binary answer and its first output."""
    length = int(headers["inference-header-content-length"])
    head = json.loads(body[:length])
    output = head["outputs"][0]
    size = output["parameters"]["binary_data_size"]
    return head, numpy.frombuffer(body[length:length + size], numpy.float32).reshape(output["shape"])


def contributions_of(file):
    """SHAP values of the golden rows by the library, the base value last; None for a file without."""
    path = (MODELS / file).with_suffix(".contributions.csv")
    if not path.exists():
        return None
    return numpy.loadtxt(path, delimiter=",", ndmin=2)


class Catalogue:
    """Which file a version was made of, and the answers of that file, asked for before there is any load."""

    def __init__(self, folder):
        self.rows = {}
        self.answers = {}  # by name and file, FP32, rows x outputs
        self.contributions = {}
        self.kept = {}  # by name and file: indices of the golden table that Rows begins with
        self._files = {}  # by model_id
        self._files_by_number = {}  # by name and version number
        self._precompute(folder)

    def _precompute(self, folder):
        links = {}
        for files in FILES.values():
            for file in files:
                path = pathlib.Path(file)
                links[file] = folder / f"{path.stem}_{path.suffix[1:]}{path.suffix}"
                links[file].symlink_to(MODELS / file)
        arguments = [part for link in links.values() for part in ("--model", link)]
        with Server("serve", *arguments, environment={"GEOCLIMATE_CACHING__PREDICTION_CACHE__ENABLED": "false"}) as quiet:
            for name, files in FILES.items():
                self._precompute_name(quiet, name, files, links)

    def _precompute_name(self, quiet, name, files, links):
        served = {model["model_name"]: model for model in quiet.get("/models").json()}
        features = [feature["name"] for feature in served[links[files[0]].stem]["features"]]
        golden, _ = table_of(files[0])
        kept = [i for i, row in enumerate(golden) if not any("inf" in text for text in row)]
        rows = Rows([golden[i] for i in kept] + random_rows(), len(kept), features)
        self.rows[name] = rows
        for file in files:
            own, wanted = table_of(file)
            given = self._ask(quiet, links[file].stem, numpy.array(own, dtype=numpy.float64).astype(numpy.float32))
            numpy.testing.assert_allclose(given, numpy.array(wanted), rtol=1e-5, atol=1e-6, err_msg=file)
            self.answers[file] = self._ask(quiet, links[file].stem, rows.array)
            theirs = contributions_of(file)
            if theirs is not None:
                self.contributions[file] = theirs[kept] if own == golden else None

    @staticmethod
    def _ask(quiet, model, rows):
        body, headers = encode_binary(rows)
        answer = quiet.request("POST", f"/v2/models/{model}/infer", body, headers)
        assert answer.status == 200, answer.body
        return decode_binary(answer.headers, answer.body)[1]

    def publish(self, data, name, file):
        """Imports the file as the next version of the name; its model_id."""
        made = json.loads(run("--data-dir", data, "models", "import", "--json", "--name", name, MODELS / file).stdout)
        self._files[made["model_id"]] = file
        self._files_by_number[(name, int(made["version"].lstrip("v")))] = file
        return made["model_id"]

    def file_of(self, model_id):
        return self._files[model_id]

    def file_of_number(self, name, number):
        return self._files_by_number[(name, int(number))]

    def difference(self, file, indices, given):
        """What is wrong with the answers to the rows of these indices; None when nothing is.

        Trees answer the same bits however they are asked; ONNX Runtime's sums depend on the size of a batch.
        """
        wanted = self.answers[file][indices]
        given = numpy.asarray(given, dtype=numpy.float32).reshape(-1)
        if given.size != wanted.size:
            return f"{given.size} values instead of {wanted.size}"
        given = given.reshape(wanted.shape)
        right = numpy.isclose(given, wanted, rtol=1e-5, atol=1e-6) if file.endswith(".onnx") else given == wanted
        if right.all():
            return None
        row = int(numpy.argmin(right.all(axis=1)))
        return f"{file}, row {indices[row]}: {given[row]} instead of {wanted[row]}, {(~right).sum()} of {right.size} wrong"


def padding(size):
    """Bytes without meaning, always the same."""
    return b"".join(struct.pack("<I", (i * 2654435761) & 0xFFFFFFFF) for i in range((size + 3) // 4))[:size]
