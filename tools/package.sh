#!/usr/bin/env bash
# Makes build/package: the .deb, the tarball and the SBOM of build/release/geoclimate. The same commit gives the same bytes.
# packaging/README.md says what they are. Needs the tiers build and package of tools/dependencies.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
program=build/release/geoclimate
out=build/package
work=$out/work
bundled=(build/deps/xgboost-cpu/xgboost/lib/libxgboost.so build/deps/xgboost-cpu/xgboost_cpu.libs/libgomp-*.so.*
  build/deps/onnxruntime/onnxruntime/capi/libonnxruntime.so.*)
version=$("$program" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')
# Of the last commit; of the changelog where there is no repository, as in an image that is being built.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }

rm -rf "$out"
mkdir -p "$work"

# place MODE FILE PLACE: without what only debuggers read.
place() {
  install -D -m "$1" "$2" "$3"
  strip --strip-unneeded --remove-section=.comment "$3"
}

# programs ROOT: the program and the libraries that Debian lacks. DT_RPATH holds for the libraries of libraries too, and has
# to be: a library of the tarball must find its neighbours.
programs() {
  local root=$1 library
  place 755 "$program" "$root/bin/geoclimate"
  patchelf --force-rpath --set-rpath '$ORIGIN/../lib/geo-climate' "$root/bin/geoclimate"
  for library in "${bundled[@]}"; do
    place 644 "$library" "$root/lib/geo-climate/$(basename "$library")"
    patchelf --force-rpath --set-rpath '$ORIGIN' "$root/lib/geo-climate/$(basename "$library")"
  done
}

# Libraries of Debian that the program needs, directly or not, but those of the C library.
debian_libraries() {
  local missing
  missing=$(ldd "$work/deb/usr/bin/geoclimate" | grep 'not found' || true)
  [ -z "$missing" ] || fail "libraries are missing: $missing"
  ldd "$work/deb/usr/bin/geoclimate" "$work"/deb/usr/lib/geo-climate/*.so* | awk '$2 == "=>" {print $3}' | sort -u |
    grep -vE "^$PWD/|/(libc|libm|libdl|libpthread|librt|ld-linux-x86-64)\.so\."
}

documents() { # FOLDER
  local file
  mkdir -p "$1/examples"
  for file in README.md SECURITY.md LICENSE; do install -m 644 "$file" "$1/"; done
  cp -r config/sources config/weather "$1/examples/"
  find "$1" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
}

make_deb() {
  local root=$work/deb depends
  documents "$root/usr/share/doc/geo-climate"
  rm "$root/usr/share/doc/geo-climate/LICENSE" # said in copyright, whose text every Debian has
  install -m 644 packaging/debian/copyright "$root/usr/share/doc/geo-climate/copyright"
  # Not with the documents, which images leave out.
  install -D -m 644 "$out/sbom.spdx.json" "$root/usr/share/geo-climate/sbom.spdx.json"
  install -m 644 CHANGELOG.md "$root/usr/share/doc/geo-climate/"
  printf 'geo-climate (%s) bookworm; urgency=medium\n\n  * CHANGELOG.md says what is new.\n\n -- %s  %s\n' "$version" \
    "$(sed -n 's/^Maintainer: //p' packaging/debian/control.in)" "$(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" |
    gzip -9n >"$root/usr/share/doc/geo-climate/changelog.gz"
  install -D -m 644 config/performance.yaml "$root/etc/geo-climate/performance.yaml"
  install -D -m 644 packaging/default "$root/etc/default/geo-climate"
  install -D -m 644 packaging/geo-climate.service "$root/lib/systemd/system/geo-climate.service"
  # dpkg-shlibdeps reads the sonames and knows which version of each package first had the symbols.
  mkdir -p "$work/shlibs/debian"
  printf 'Source: geo-climate\n\nPackage: geo-climate\nArchitecture: amd64\n' >"$work/shlibs/debian/control"
  depends=$(cd "$work/shlibs" && dpkg-shlibdeps -O --ignore-missing-info -l"$PWD/../deb/usr/lib/geo-climate" \
    ../deb/usr/bin/geoclimate ../deb/usr/lib/geo-climate/*.so* 2>dpkg-shlibdeps.log | sed -n 's/^shlibs:Depends=//p')
  [ -n "$depends" ] || { cat "$work/shlibs/dpkg-shlibdeps.log" >&2; fail "dpkg-shlibdeps found no dependencies"; }
  install -d "$root/DEBIAN"
  install -m 755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$root/DEBIAN/"
  install -m 644 packaging/debian/conffiles "$root/DEBIAN/"
  (cd "$root" && find usr lib etc -type f -not -path 'etc/*' -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  sed -e "s/@VERSION@/$version/; s/@DEPENDS@/$depends/; s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f1)/" \
    packaging/debian/control.in >"$root/DEBIAN/control"
  find "$root" -type d -exec chmod 755 {} +
  dpkg-deb --root-owner-group --build "$root" "$out/geo-climate_${version}_amd64.deb" >/dev/null
}

make_tarball() {
  local root=$work/tar/geo-climate-$version library
  programs "$root"
  debian_libraries | while read -r library; do
    place 644 "$(readlink -f "$library")" "$root/lib/geo-climate/$(basename "$library")"
  done
  documents "$root/share/doc/geo-climate"
  install -D -m 644 "$out/sbom.spdx.json" "$root/share/geo-climate/sbom.spdx.json"
  install -D -m 644 config/performance.yaml "$root/etc/performance.yaml"
  install -D -m 644 packaging/geo-climate.service "$root/share/geo-climate/geo-climate.service"
  tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --directory="$work/tar" \
    "geo-climate-$version" | gzip -6n >"$out/geo-climate-$version-linux-x86_64.tar.gz"
}

programs "$work/deb/usr"
debian_libraries | /usr/bin/python3 tools/sbom.py "$version" "${bundled[@]}" >"$out/sbom.spdx.json"
make_deb
make_tarball
rm -rf "$work"
ls -l "$out" >&2
