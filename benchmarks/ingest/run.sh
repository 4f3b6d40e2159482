#!/usr/bin/env bash
# Ingest against DuckDB and pandas on the bundled sample; more in README.md.
cd "$(dirname "$0")/../.."
exec build/venv/bin/python benchmarks/ingest/run.py "$@"
