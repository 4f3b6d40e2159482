"""Writes the folder that `mlserver start` reads, then becomes it: make_settings.py FOLDER MODEL HTTP GRPC METRICS"""

import json
import os
import sys


def write(folder: str, name: str, settings: dict) -> None:
    with open(os.path.join(folder, name), "w") as file:
        json.dump(settings, file)


def main() -> None:
    folder, model, http, grpc, metrics = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    write(folder, "settings.json", {
        "host": "127.0.0.1", "http_port": int(http), "grpc_port": int(grpc), "metrics_port": int(metrics), "parallel_workers": 0, "debug": False})
    write(folder, "model-settings.json", {
        "name": "trees", "implementation": "mlserver_xgboost.XGBoostModel", "parameters": {"uri": model},
        # An answer to each of the requests of a batch is a tensor of its own only when the model's tensors are declared.
        "inputs": [{"name": "input", "datatype": "FP32", "shape": [-1, 24]}]})
    program = os.path.join(os.path.dirname(sys.executable), "mlserver")
    os.execv(program, [program, "start", folder])


if __name__ == "__main__":
    main()
