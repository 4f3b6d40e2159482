#!/bin/sh
# Puts the .deb of FOLDER into the image that this runs in, and takes away what nothing there needs.
#   install_runtime.sh FOLDER
set -eu
export DEBIAN_FRONTEND=noninteractive

# A number that Kubernetes can hold against runAsNonRoot, the same in every image.
groupadd --gid 65532 geo-climate
useradd --uid 65532 --gid 65532 --home-dir /var/lib/geo-climate --no-create-home --shell /usr/sbin/nologin geo-climate

apt-get update -qq
apt-get install --yes -qq --no-install-recommends "$1"/geo-climate_*_amd64.deb
apt-get clean

# Nobody becomes anybody else here.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
find /usr/share/doc -mindepth 2 -type f ! -name copyright -delete
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* /usr/share/man/* /usr/share/locale/* \
  /usr/share/info/* /usr/share/lintian
