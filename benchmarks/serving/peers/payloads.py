"""The rows that every server gets, and each wire format they are sent in."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import workload

BATCH_ROWS = 1000
BATCHES = 20

Rows = list[list[float]]


def single_rows() -> Rows:
    """The 500 rows of the other serving benchmarks, in the model's order."""
    return [list(json.loads(body)["data"].values()) for body in workload.bodies()]


def batches() -> list[Rows]:
    random_numbers = random.Random(11)
    return [[[round(random_numbers.uniform(0, 100), 2) for _ in workload.FEATURES] for _ in range(BATCH_ROWS)] for _ in range(BATCHES)]


@dataclass(frozen=True)
class Wire:
    """How rows are asked for and answers are read."""

    single: Callable[[list[float]], dict]
    batch: Callable[[Rows], dict]
    answers: Callable[[Any], list[float]]


def flat(values) -> list[float]:
    """[x, ...] of [x, ...] or [[x], ...]."""
    return [value[0] if isinstance(value, list) else value for value in values]


def split(rows: Rows) -> dict:
    return {"dataframe_split": {"columns": list(workload.FEATURES), "data": rows}}


def inference_request(rows: Rows) -> dict:
    tensor = {"name": "input", "shape": [len(rows), len(rows[0])], "datatype": "FP32", "data": [value for row in rows for value in row]}
    return {"inputs": [tensor]}


WIRES = {
    # Named features, and pandas' "split" for batches: geoclimate's own, and of servers whose schema the benchmark chose.
    "named": Wire(lambda row: {"data": dict(zip(workload.FEATURES, row))}, split, lambda answer: flat(answer["predictions"])),
    # The Open Inference Protocol ("KServe v2").
    "v2": Wire(lambda row: inference_request([row]), inference_request, lambda answer: flat(answer["outputs"][0]["data"])),
    # BentoML batches along the first dimension of an argument: one row is a list of one.
    "bentoml": Wire(lambda row: {"data": [dict(zip(workload.FEATURES, row))]}, split, flat),
    "mlflow": Wire(lambda row: split([row]), split, lambda answer: flat(answer["predictions"])),
}


def encode(body: dict) -> str:
    return json.dumps(body, separators=(",", ":"))


def write_wrk_script(path: str, bodies: list[str]) -> None:
    """A script for wrk that posts the bodies in turn."""
    with open(path, "w") as file:
        file.write('local headers = {["Content-Type"] = "application/json"}\nlocal requests = {}\nlocal next = 0\nlocal bodies = {\n')
        file.writelines(f"  [=[{body}]=],\n" for body in bodies)
        file.write(
            '}\nfunction init()\n  for i, body in ipairs(bodies) do requests[i] = wrk.format("POST", nil, headers, body) end\nend\n'
            "function request()\n  next = next % #requests + 1\n  return requests[next]\nend\n")
