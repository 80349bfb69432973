#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds kexec-tools for arm64 with our purgatory in place of its own, for each downloaded version:
#   target/kexec/<suite>/kexec     with target/purgatory.ro
#   target/kexec/<suite>/kexec-c   with its own C purgatory, for comparison
# If only purgatory.ro has changed, only the last compile and link are done again.
set -euo pipefail
cd "$(dirname "$0")/.."

top=$PWD
unset CC CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS SHA256 # the caller's are not meant for this
purgatory=$top/target/purgatory.ro

die() { echo "kexec-tools: $*" >&2; exit 1; }

# Runs a command quietly; when it fails, its output tells why.
quietly() {
    "$@" >"$top/target/kexec/log" 2>&1 || { cat "$top/target/kexec/log" >&2; die "failed: $*"; }
}

# build SOURCE: unpacks and builds a version as released. `out` appears when it is done.
build() {
    echo "kexec-tools: building $(basename "$1" .orig.tar.xz)"
    rm -rf "$out.new"
    mkdir -p "$out.new/src"
    basename "$1" >"$out.new/version"
    tar -xf "$1" -C "$out.new/src" --strip-components=1
    cd "$out.new/src"
    # Static, because it runs in an initramfs without libraries.
    quietly ./configure --host=aarch64-linux-gnu BUILD_CC=gcc \
        --without-lzma --without-zlib --without-xen LDFLAGS=-static CFLAGS='-O1 -w'
    quietly make
    aarch64-linux-gnu-strip -o "$out.new/kexec-c" build/sbin/kexec
    cd "$top"
    rm -rf "$out"
    mv "$out.new" "$out"
}

replace() {
    rm -f "$out/kexec"
    quietly env SRC="$out/src" scripts/kexec.sh
    aarch64-linux-gnu-strip -o "$out/kexec.new" "$out/src/build/sbin/kexec"
    mv "$out/kexec.new" "$out/kexec"
}

command -v aarch64-linux-gnu-gcc >/dev/null || die "no aarch64-linux-gnu-gcc: run make setup"
mkdir -p target/kexec
exec 9>target/kexec/.lock
flock 9
for source in target/downloads/*/kexec-tools_*.tar.xz; do
    [ -e "$source" ] || die "no source: run scripts/fetch.sh"
    out=$top/target/kexec/$(basename "$(dirname "$source")")
    [ "$(cat "$out/version" 2>/dev/null)" = "$(basename "$source")" ] || build "$top/$source"
    [ -e "$out/kexec" ] && cmp -s "$purgatory" "$out/src/purgatory/purgatory.ro" || replace
done
