#!/usr/bin/env bash
# Bulk insert against psql's \copy, prepared reads against pgbench: see README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --build build/bench --target postgres_cost >&2
exec python3 benchmarks/postgres/run.py build/bench/benchmarks/postgres/postgres_cost "$@"
