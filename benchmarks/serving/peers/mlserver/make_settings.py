"""Writes the folder that `mlserver start` reads, then becomes it: make_settings.py FOLDER MODEL HTTP GRPC METRICS"""

import json
import os
import sys


def write(folder: str, name: str, settings: dict) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w") as file:
        json.dump(settings, file)


def main() -> None:
    folder, model, http, grpc, metrics = sys.argv[1:]
    write(folder, "settings.json", {
        "host": "127.0.0.1", "http_port": int(http), "grpc_port": int(grpc), "metrics_port": int(metrics), "parallel_workers": 0, "debug": False})
    # The same model twice: single rows are batched by the server, batches come as they are.
    for name, batching in (("rows", {"max_batch_size": 32, "max_batch_time": 0.001}), ("trees", {})):
        write(os.path.join(folder, name), "model-settings.json", {
            "name": name, "implementation": "mlserver_xgboost.XGBoostModel", "parameters": {"uri": model}, **batching})
    program = os.path.join(os.path.dirname(sys.executable), "mlserver")
    os.execv(program, [program, "start", folder])


if __name__ == "__main__":
    main()
