#!/usr/bin/env bash
# Runs clang-tidy over the sources that changed since GEOCLIMATE_LINT_BASE (a commit; default: the last one and what is not
# committed yet). Arguments: the build folder with compile_commands.json, the number of jobs.
set -euo pipefail
build=$1
jobs=$2
base=${GEOCLIMATE_LINT_BASE:-HEAD~1}
git rev-parse --verify --quiet "$base" >/dev/null || base=$(git hash-object -t tree /dev/null)
mapfile -t changed < <({ git diff --name-only --diff-filter=AMR "$base" -- '*.cc'; git ls-files --others --exclude-standard -- '*.cc'; } | sort -u)
# Fuzzers are not part of the lint build.
mapfile -t changed < <(for file in "${changed[@]}"; do grep -q "\"[^\"]*/$file\"" "$build/compile_commands.json" && echo "$file"; done)
if [ ${#changed[@]} -eq 0 ]; then
  echo "no source changed since $base" >&2
  exit 0
fi
printf '%s\n' "${changed[@]}" | xargs --max-procs="$jobs" --max-args=1 clang-tidy-19 --quiet --warnings-as-errors='*' -p "$build"
