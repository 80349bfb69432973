#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes a Debian system to build packages in: scripts/suite.sh SUITE LAYER COMMANDS
#   target/suites/SUITE/base    SUITE (bookworm, trixie, sid) with build-essential and no more
#   target/suites/SUITE/LAYER   what COMMANDS such as `apt-get install …` have changed: an overlay
# Each is kept, a layer for as long as its COMMANDS are the same. scripts/enter.sh runs something in it.
# DEBIAN_MIRROR=… and DEBIAN_SECURITY_MIRROR=… choose other mirrors.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian-mirror.sh

say() { echo "suite: $*" >&2; }
die() { echo "suite: $*" >&2; exit 1; }

[ $# = 3 ] || die "usage: $0 SUITE LAYER COMMANDS"
scripts/needs.sh check-packaging
suite=$1 layer=$2 commands=$3
suites=$PWD/target/suites
root=$suites/$suite
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Runs a command quietly; when it fails, its output tells why.
quietly() { "$@" >"$root/log" 2>&1 || { tail -n30 "$root/log" >&2; die "$suite: failed: $1"; }; }

source_lines() {
    local security
    echo "deb $mirror $suite main"
    echo "deb-src $mirror $suite main"
    [ "$suite" != sid ] || return 0
    security=$(debian_mirror Debian-Security)
    echo "deb $security $suite-security main"
    echo "deb-src $security $suite-security main"
}

make_base() {
    [ "$(id -u)" = 0 ] || die "a suite is made by root alone"
    mirror=$(debian_mirror Debian)
    say "Debian $suite from $mirror"
    quietly debootstrap --variant=buildd --keyring=$keyring "$suite" "$root/base.new" "$mirror"
    source_lines >"$root/base.new/etc/apt/sources.list"
    { apt_acquire; echo 'APT::Install-Recommends "false";'; } >"$root/base.new/etc/apt/apt.conf.d/99suite"
    # After a power cut it is made again, so nothing has to wait for the disk.
    echo force-unsafe-io >"$root/base.new/etc/dpkg/dpkg.cfg.d/suite"
    rm -rf "$root/base.new"/var/cache/apt/archives/*.deb
    mv "$root/base.new" "$root/base"
}

make_layer() {
    say "Debian $suite, layer $layer: $commands"
    quietly env KEEP="$layer.new" scripts/enter.sh --online "$suite" '' "$root" \
        sh -ec "apt-get -q update; $commands
apt-get clean"
    # The overlay's other directories are no longer needed.
    echo "$commands" >"$root/$layer.new/commands"
    rm -rf "${root:?}/$layer" "$root/$layer.new/"{work,root}
    mv "$root/$layer.new" "$root/$layer"
}

mkdir -p "$root"
exec 9>"$suites/.lock"
flock 9 # of two test runs at once, the second finds the work done
trap 'rm -rf "$root"/*.new' EXIT
[ -d "$root/base" ] || make_base
[ "$(cat "$root/$layer/commands" 2>/dev/null)" = "$commands" ] || make_layer
