#!/usr/bin/env bash
# What a fit costs past loading, against XGBoost's own Python call: the same rows, parameters and one thread.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=build/bench/training-venv
[[ -x $venv/bin/python ]] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1; }
cmake --build build/bench --target training_cost >&2
PYTHONPATH=build/deps/xgboost-cpu exec "$venv/bin/python" benchmarks/training/run.py \
  build/bench/benchmarks/training/training_cost "$@"
