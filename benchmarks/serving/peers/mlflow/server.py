"""Saves the model as MLflow's and becomes `mlflow models serve`: server.py FOLDER MODEL PORT"""

import os
import sys

import mlflow.xgboost
import xgboost


def main() -> None:
    folder, model, port = sys.argv[1:]
    if not os.path.exists(folder):
        mlflow.xgboost.save_model(xgboost.Booster({"nthread": 1}, model_file=model), folder, pip_requirements=[])
    programs = os.path.dirname(sys.executable)
    # It starts uvicorn by its name.
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    program = os.path.join(programs, "mlflow")
    os.execv(program, [program, "models", "serve", "--model-uri", folder, "--env-manager", "local", "--host", "127.0.0.1", "--port", port, "--workers", "1"])


if __name__ == "__main__":
    main()
