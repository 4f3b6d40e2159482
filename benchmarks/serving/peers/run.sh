#!/usr/bin/env bash
# geoclimate beside other model servers; more in ../README.md.
exec python3 "$(dirname "$0")/run.py" "$@"
