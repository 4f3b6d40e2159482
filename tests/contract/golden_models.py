"""The server on golden models, for the tests that speak to it with other people's clients."""

import csv
import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from program import SOURCE, Server  # noqa: E402

MODELS = SOURCE / "tests/golden/models"
ONE, THREE = "xgb_squarederror", "xgb_softprob"  # outputs a row


def serve():
    return Server("serve", "--model", MODELS / f"{ONE}.json", "--model", MODELS / f"{THREE}.json")


def stop(server):
    server.terminate()
    assert server.wait() == 0, server.stderr()
    server.errors.close()


def golden(name, rows=None):
    """Rows of features and what XGBoost answers to them, as FP32."""
    with open(MODELS / f"{name}.csv", encoding="utf-8") as file:
        table = csv.reader(file)
        header = next(table)
        values = numpy.array([[float(cell or "nan") for cell in row] for row in table], dtype=numpy.float32)
    features = [i for i, column in enumerate(header) if column.startswith("f")]
    answers = [i for i, column in enumerate(header) if column.startswith("a")]
    return numpy.ascontiguousarray(values[:rows, features]), numpy.ascontiguousarray(values[:rows, answers])
