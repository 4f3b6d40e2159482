#!/usr/bin/env bash
# XGBoost's OpenMP threads wait asleep; one core for both.
OMP_WAIT_POLICY=passive exec taskset --cpu-list 0 "$(dirname "$0")/../../build/bench/benchmarks/trees/trees_against_xgboost" "$@"
