#!/usr/bin/env bash
# A data directory of the bundled files is made once beside the program. `run.sh redis` is the tier in Redis alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" != redis ]; then
  data=build/bench/cache-data
  [ -d "$data" ] || build/release/geoclimate --data-dir "$data" ingest data/epa/daily > /dev/null
  taskset --cpu-list 0 build/bench/benchmarks/cache/cache_replay "$data/geoclimate.db" "$@"
fi
case "${1:-redis}" in
  redis) exec python3 -B benchmarks/cache/redis_latency.py build/release/geoclimate ${2:+"$2"} ;;
esac
