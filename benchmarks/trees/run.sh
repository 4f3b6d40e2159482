#!/usr/bin/env bash
# Peers that are compiled for the model come from PyPI into an environment of the benchmark's own; what they compile and
# what XGBoost trains stays in build/trees-peers for the next time. XGBoost's OpenMP threads wait asleep; one core for all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build
program=$build/bench/benchmarks/trees/trees_against_peers
work=$build/trees-peers
export OMP_WAIT_POLICY=passive
mkdir -p "$work"
"$program" train "$work" >&2
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --requirement "$here/requirements.txt" >&2
fi
"$work/venv/bin/python" "$here/peers.py" "$work" >&2
exec taskset --cpu-list "${CPU:-0}" "$program" time "$work"
