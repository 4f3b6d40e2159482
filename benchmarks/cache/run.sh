#!/usr/bin/env bash
# A data directory of the bundled files is made once beside the program.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=build/bench/cache-data
[ -d "$data" ] || build/release/geoclimate --data-dir "$data" ingest data/epa/daily > /dev/null
exec taskset --cpu-list 0 build/bench/benchmarks/cache/cache_replay "$data/geoclimate.db" "$@"
